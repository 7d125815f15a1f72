/** The customers most engine tests declare: every authentication method, and two applications in one cell. */
export const fourCustomers = [
  { name: "acme", customerId: "CRM-1042", owner: "payments-team", cells: ["eu-1"] },
  {
    name: "globex",
    customerId: "CRM-1077",
    cells: ["eu-1"],
    applications: [
      { cell: "eu-1" },
      { cell: "eu-1", purpose: "reporting", scopes: ["documents.submissions.read"] },
    ],
  },
  {
    name: "initech",
    customerId: "CRM-1103",
    cells: ["eu-1"],
    applications: [{ cell: "eu-1", authMethod: "RSA" }],
  },
  {
    name: "umbrella",
    customerId: "CRM-1150",
    cells: ["eu-1"],
    applications: [{ cell: "eu-1", authMethod: "EC" }],
  },
];

export const acme = { name: "acme", customerId: "CRM-1042", cells: ["eu-1"] };
export const globex = { name: "globex", customerId: "CRM-1077", cells: ["eu-1"] };
