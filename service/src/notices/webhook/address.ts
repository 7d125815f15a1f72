import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";

import ipaddr from "ipaddr.js";

/** Address ranges of the own network that a deployment may allow. */
const privateRanges = ["loopback", "private", "uniqueLocal", "carrierGradeNat"];

/**
 * Addresses at which clouds issue credentials although their ranges are allowed. Link-local addresses are
 * never called anyway.
 */
const metadata = ["168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"];

/** Thrown if a webhook's host has an address that must not be called. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly code = "ADDRESS_REFUSED";
}

/**
 * Returns why an address is not called: the name of its range; undefined if it may be called. An IPv4 address
 * written as IPv6 is treated as the IPv4 address.
 */
export function objectionToAddress(address: string, isPrivateAllowed: boolean): string | undefined {
  if (!ipaddr.isValid(address)) return "invalid";
  const parsed = ipaddr.process(address);
  const isMetadata = metadata.some((one) => ipaddr.parse(one).toString() === parsed.toString());
  if (isMetadata) return "metadata";
  const range = parsed.range();
  const isPublic = range === "unicast" && (parsed.kind() === "ipv4" || isGlobal(address));
  if (isPublic || (isPrivateAllowed && privateRanges.includes(range))) return undefined;
  return range === "unicast" ? "notGlobal" : range;
}

/** Of IPv6, only 2000::/3 has been allocated for public addresses. */
function isGlobal(address: string): boolean {
  return ipaddr.IPv6.parse(address).match(ipaddr.IPv6.parse("2000::"), 3);
}

/** As `dns.lookup` with `all`. */
export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Creates a lookup for one connection that checks the addresses it finds: the socket connects to exactly
 * these, so a name that resolves differently a moment later changes nothing. One forbidden address refuses
 * them all.
 */
export function checkedLookup(isPrivateAllowed: boolean, lookup: Lookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refused =
        error ??
        (addresses.length === 0 ? new AddressError(`${hostname} has no address.`) : undefined) ??
        refusedAmong(hostname, addresses, isPrivateAllowed);
      const [first] = addresses;
      if (refused !== undefined || first === undefined) callback(refused ?? null, [], 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedAmong(
  hostname: string,
  addresses: readonly LookupAddress[],
  isPrivateAllowed: boolean,
): AddressError | undefined {
  for (const { address } of addresses) {
    const range = objectionToAddress(address, isPrivateAllowed);
    if (range !== undefined)
      return new AddressError(`${hostname} has an address that is not allowed: ${range}.`);
  }
  return undefined;
}
