/** An address of hardware (IEEE 802) in any writing as 12 hex digits; undefined for anything else. */
export function hardwareAddress(text: string | undefined): string | undefined {
  const digits = text?.replace(/[:.\-\s]/g, '').toLowerCase();
  return digits !== undefined && /^[0-9a-f]{12}$/.test(digits) ? digits : undefined;
}

/** Virtual routers (VRRP RFC 9568 7.3, HSRP, GLBP) answer with these on whichever device is in charge. */
const VIRTUAL = /^(?:00005e0001|00005e0002|00000c07ac|00000c9ff|0007b400)/;

/** As hardwareAddress, but undefined also for what is nobody's own: zeros, the broadcast, virtual routers. */
export function ownHardwareAddress(text: string | undefined): string | undefined {
  const digits = hardwareAddress(text);
  return digits === undefined || /^(?:0{12}|f{12})$/.test(digits) || VIRTUAL.test(digits) ? undefined : digits;
}
