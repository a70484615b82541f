import { TAG } from '../ber.ts';

/**
 * What stands before the variable bindings of an answer in version 1 or 2c, read in place. One object for all answers, written over by the next one:
 * twelve thousand a second come, and what is made for each has to be collected again.
 */
export interface AnswerHead {
  /** 0 is version 1, 1 is version 2c. */
  version: number;
  /** Where the community's octets stand. */
  communityFrom: number;
  communityTo: number;
  id: number;
  errorStatus: number;
  /** Where the variable bindings stand. */
  from: number;
  to: number;
}

const head: AnswerHead = { version: 0, communityFrom: 0, communityTo: 0, id: 0, errorStatus: 0, from: 0, to: 0 };
let pos = 0;

/**
 * Undefined for whatever is not written the usual way (a long integer, a length in more octets than 16 bits need, another version or PDU, an end before
 * its time): the full reader (message.ts) says what that is.
 */
export function answerHead(bytes: Uint8Array): AnswerHead | undefined {
  pos = 0;
  const end = bytes.length;
  if (enter(bytes, end, TAG.Sequence) < 0) return undefined;
  head.version = integer(bytes, end);
  if (head.version !== 0 && head.version !== 1) return undefined;
  const community = enter(bytes, end, TAG.OctetString);
  if (community < 0) return undefined;
  head.communityFrom = pos;
  pos += community;
  head.communityTo = pos;
  if (enter(bytes, end, TAG.Response) < 0) return undefined;
  head.id = integer(bytes, end);
  head.errorStatus = integer(bytes, end);
  const errorIndex = integer(bytes, end);
  if (head.id < 0 || head.errorStatus < 0 || errorIndex < 0) return undefined;
  const list = enter(bytes, end, TAG.Sequence);
  if (list < 0) return undefined;
  head.from = pos;
  head.to = pos + list;
  return head;
}

/** Length of the element at `pos`, which then stands at its content; -1 when it has another tag or does not fit before `end`. */
function enter(bytes: Uint8Array, end: number, tag: number): number {
  if (pos + 2 > end || bytes[pos] !== tag) return -1;
  let length = bytes[pos + 1]!;
  let at = pos + 2;
  if (length > 127) {
    if (length === 0x81 && at < end) length = bytes[at++]!;
    else if (length === 0x82 && at + 1 < end) {
      length = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
    } else return -1;
  }
  if (length > end - at) return -1;
  pos = at;
  return length;
}

/** A number of up to 31 bits that is not negative; -1 for any other. */
function integer(bytes: Uint8Array, end: number): number {
  const length = enter(bytes, end, TAG.Integer);
  if (length < 1 || length > 4 || bytes[pos]! > 127) return -1;
  let value = 0;
  for (let k = 0; k < length; k++) value = (value << 8) | bytes[pos++]!;
  return value;
}
