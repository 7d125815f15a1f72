/** A customer of the benchmark, as `tenants:customers` declares one. */
export interface BenchCustomer {
  readonly name: string;
  readonly customerId: string;
  readonly cells: readonly ["eu-1"];
}

/** Gives so many customers: the first of more are the same. */
export function customersOf(count: number): BenchCustomer[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `customer${index}`,
    customerId: `CRM-${index}`,
    cells: ["eu-1"] as const,
  }));
}
