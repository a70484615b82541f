import type { VNode } from 'preact';
import type { SchoolView } from '../core/page-api.ts';
import { Handovers } from './handovers.ts';
import { html } from './html.ts';
import { Mutes } from './mutes.ts';
import { OnCall } from './on-call.ts';
import { Waiting } from './waiting.ts';

/** What is agreed at one school, as far as somebody has to know of it or do something about it. */
export function Agreements({ school, now }: { school: SchoolView; now: number }): VNode {
  return html`<section aria-labelledby="agreements-heading">
    <h2 id="agreements-heading">Who answers next at ${school.school}</h2>
    <div class="panels">
      <${OnCall} school=${school} now=${now} />
      <${Handovers} school=${school} now=${now} />
      <${Waiting} school=${school} now=${now} />
      <${Mutes} school=${school} now=${now} />
    </div>
  </section>`;
}
