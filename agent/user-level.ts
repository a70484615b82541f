export interface SnmpUserKeys {
  readonly level?: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv' | undefined;
  readonly auth_key?: string | undefined;
  readonly priv_key?: string | undefined;
}

/** The level of a user of SNMPv3: as written, or the strongest that the keys allow. */
export function userLevel({ level, auth_key, priv_key }: SnmpUserKeys): NonNullable<SnmpUserKeys['level']> {
  return level ?? (priv_key ? 'authPriv' : auth_key ? 'authNoPriv' : 'noAuthNoPriv');
}
