/** A customer of the benchmark, as `tenants:customers` declares one. */
export interface BenchCustomer {
  readonly name: string;
  readonly customerId: string;
  readonly cells: readonly ["eu-1"];
}

/** Returns a number of customers; a larger number starts with the same ones. */
export function customersOf(count: number): BenchCustomer[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `customer${index}`,
    customerId: `CRM-${index}`,
    cells: ["eu-1"] as const,
  }));
}
