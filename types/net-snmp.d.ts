/** The part of net-snmp that agent/drivers/snmp.ts uses; the package ships no types. Read from its 3.29 source. */
declare module 'net-snmp' {
  import type { Socket } from 'node:dgram';
  import type { EventEmitter } from 'node:events';

  interface RawVarBind {
    oid: string;
    /** A value of ObjectType. */
    type: number;
    value: number | string | boolean | Buffer | null;
  }

  type Feed<T> = (error: Error | null, varbinds?: T) => void;

  interface SessionOptions {
    version?: number;
    port?: number;
    retries?: number;
    /** Milliseconds. */
    timeout?: number;
    transport?: 'udp4' | 'udp6';
    idBitsSize?: number;
    context?: string;
    backwardsGetNexts?: boolean;
  }

  interface User {
    name: string;
    level: number;
    authProtocol?: string;
    authKey?: string;
    privProtocol?: string;
    privKey?: string;
  }

  interface Session extends EventEmitter {
    readonly dgram: Socket;
    /** Requests that wait for an answer. */
    readonly reqCount: number;
    get(oids: string[], feed: Feed<RawVarBind[]>): void;
    getNext(oids: string[], feed: Feed<RawVarBind[]>): void;
    getBulk(
      oids: string[],
      nonRepeaters: number,
      maxRepetitions: number,
      feed: Feed<(RawVarBind | RawVarBind[])[]>,
    ): void;
    cancelRequests(error: Error): void;
    close(): void;
  }

  interface NetSnmp {
    readonly Version1: number;
    readonly Version2c: number;
    readonly Version3: number;
    readonly ObjectType: Readonly<Record<string, number>>;
    readonly ErrorStatus: Readonly<Record<number, string>>;
    readonly SecurityLevel: Readonly<Record<'noAuthNoPriv' | 'authNoPriv' | 'authPriv', number>>;
    readonly AuthProtocols: Readonly<Record<string, string>>;
    readonly PrivProtocols: Readonly<Record<string, string>>;
    readonly ResponseInvalidCode: Readonly<Record<string, number>>;
    createSession(target: string, community: string, options: SessionOptions): Session;
    createV3Session(target: string, user: User, options: SessionOptions): Session;
  }

  const snmp: NetSnmp;
  // biome-ignore lint/style/noDefaultExport: what a CommonJS package looks like from here
  export default snmp;
  export type { RawVarBind, Session, SessionOptions, User };
}
