interface Compiled {
  outputText: string;
  sourceMapText?: string;
}

export function create(of: { service: { config: { options: object } } }): {
  transpile: (text: string, of: { fileName: string }) => Compiled;
};
