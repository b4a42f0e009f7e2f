// Frames of the listener protocol (docs/listener-protocol.md): one binary message is a kind and a body.

export const GREETING = 1;
export const HELLO = 2;
export const WELCOME = 3;
export const REFUSAL = 4;
export const COMMAND = 10;
export const EVENT = 11;
export const NEED = 20;
export const SOUND = 21;
export const CHUNK = 22;
export const UNAVAILABLE = 23;
export const CANCEL = 24;
export const GOT = 25;
export const PING = 30;
export const PONG = 31;
export const BYE = 32;

const NUMBERS = [GOT, PING, PONG];
const CHUNK_HEADER = 16;

/** A frame as bytes; the body of numbers is one (a BigInt), of all others an object. */
export function encode(kind, body) {
  if (NUMBERS.includes(kind)) {
    const view = new DataView(new ArrayBuffer(9));
    view.setUint8(0, kind);
    view.setBigUint64(1, BigInt(body));
    return new Uint8Array(view.buffer);
  }
  const text = new TextEncoder().encode(JSON.stringify(body));
  const bytes = new Uint8Array(1 + text.length);
  bytes[0] = kind;
  bytes.set(text, 1);
  return bytes;
}

/** Kind and body of a message. Throws if it contradicts itself; an unknown kind has no body. */
export function decode(buffer) {
  const view = new DataView(buffer);
  const kind = view.getUint8(0);
  if (NUMBERS.includes(kind)) return { kind, body: view.getBigUint64(1) };
  if (kind === CHUNK) {
    const [request, offset] = [view.getUint32(1), Number(view.getBigUint64(5))];
    return { kind, body: { request, offset, bytes: new Uint8Array(buffer, 1 + CHUNK_HEADER) } };
  }
  if (kind > BYE) return { kind };
  return { kind, body: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 1))) };
}
