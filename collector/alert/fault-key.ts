/**
 * The identity of a thing from its labels, readable: `{device="core1",ifName="Gi0/1"}`. Equal text means equal labels, whatever their order.
 */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.keys(labels)
    .sort()
    .map((name) => `${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(labels[name])}`);
  return `{${parts.join(',')}}`;
}

/** The identity of a fault: at most one alert per key is not resolved. School, rule and site are slugs, so `/` parts them. */
export function faultKey(school: string, rule: string, site: string, labels: Readonly<Record<string, string>>): string {
  return faultKeyOf(school, rule, site, labelText(labels));
}

/** As faultKey, of labels that are text already. */
export function faultKeyOf(school: string, rule: string, site: string, labels: string): string {
  return `${school}/${rule}/${site}${labels}`;
}

/** The labels of an alert: the tags without those that an alert has fields of its own for (the tag `domain` is only the device's default). */
export function labelsOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const { school: _school, site: _site, domain: _domain, ...labels } = tags;
  return labels;
}

/** The school of a fault. */
export function schoolOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
