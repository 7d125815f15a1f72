interface Compiled {
  outputText: string;
  sourceMapText?: string;
  diagnostics?: readonly object[];
}

export function create(of: { service: { config: { options: object } } }): {
  transpile: (text: string, of: { fileName: string }) => Compiled;
};
