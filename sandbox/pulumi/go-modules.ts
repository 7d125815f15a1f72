/** A Go tool module: `go mod tidy` completes its `go.mod`. */
export interface GoTool {
  readonly binary: string;
  readonly package: string;
  readonly goMod: string;
  readonly ldflags: string;
  /** Its dependencies that are built otherwise than they are written. */
  readonly edits?: readonly GoEdit[];
}

/** A Go module, and what is replaced in the texts of its files. */
export interface GoEdit {
  readonly module: string;
  readonly replacements: ReadonlyArray<readonly [file: string, text: string, by: string]>;
}

/**
 * The two judges of passwords in the CLI, of which `pulumi config set` uses one. Each reads its dictionaries at the start of every
 * command, which is half of that start: here they read them when they are asked.
 */
const dictionariesOnDemand: readonly GoEdit[] = [
  "github.com/nbutton23/zxcvbn-go",
  "github.com/ccojocar/zxcvbn-go",
].map((module) => ({
  module,
  replacements: [
    ["frequency/frequency.go", "func init() {", "func Load() {"],
    ["matching/matching.go", "func init() {\n\tloadFrequencyList()\n}\n", ""],
    [
      "matching/matching.go",
      "func loadFrequencyList() {\n",
      "func loadFrequencyList() {\n\tfrequency.Load()\n",
    ],
  ],
}));

/** What colours programs in texts that the CLI shows: it reads its descriptions of 200 languages when one is asked for. */
const languagesOnDemand: GoEdit = {
  module: "github.com/alecthomas/chroma/v2",
  replacements: [
    ["lexers/lexers.go", '"io/fs"\n', '"io/fs"\n\t"sync"\n'],
    [
      "lexers/lexers.go",
      "var GlobalLexerRegistry = func() *chroma.LexerRegistry {\n\treg := chroma.NewLexerRegistry()\n",
      "var GlobalLexerRegistry = chroma.NewLexerRegistry()\n\nvar load = sync.OnceFunc(func() {\n\treg := GlobalLexerRegistry\n",
    ],
    ["lexers/lexers.go", "\treturn reg\n}()\n", "})\n"],
    ...["Names(withAliases", "Get(name", "MatchMimeType(mimeType", "Match(filename", "Analyse(text"].map(
      (call) =>
        [
          "lexers/lexers.go",
          `\treturn GlobalLexerRegistry.${call})`,
          `\tload()\n\treturn GlobalLexerRegistry.${call})`,
        ] as const,
    ),
  ],
};

/**
 * Lets a file of Go do on demand what it does in `init`.
 *
 * @param name the function that does it, once
 * @param lastLine the end of the last line of `init`
 * @param use the line that needs it
 */
function initOnDemand(file: string, name: string, lastLine: string, use: string): GoEdit["replacements"] {
  return [
    [file, '\t"strings"\n', '\t"strings"\n\t"sync"\n'],
    [file, "func init() {\n", `var ${name} = sync.OnceFunc(func() {\n`],
    [file, `${lastLine}\n}`, `${lastLine}\n})`],
    [file, use, `\t${name}()\n${use}`],
  ];
}

/** The CLI compiles two JSON schemas at its start: of packages, and of states that are imported. Here it does when it uses them. */
const schemasOnDemand: GoEdit = {
  module: "github.com/pulumi/pulumi/pkg/v3",
  replacements: [
    ...initOnDemand(
      "codegen/schema/bind.go",
      "loadMetaSchema",
      'MustCompile("blob://pulumi.json")',
      "\tif err = MetaSchema.Validate(raw)",
    ),
    ...initOnDemand(
      "resource/stack/deployment.go",
      "loadSchemas",
      "MustCompile(apitype.PropertyValueSchemaID)",
      "\treturn deploymentSchema.Validate(raw)",
    ),
  ],
};

/** The oldest Go that builds all these modules. */
export const goVersion = "1.26";

/** The only version of the language host's package that exists as a Go module; it works with current SDKs. */
const languageHostSdkVersion = "3.68.0";

/** The language host itself, beside the script of its name. */
const languageHostBinary = "pulumi-language-nodejs-host";

/** Describes the two programs that make a Pulumi CLI for Node.js programs, for one version of the CLI. */
export function pulumiGoTools(version: string): readonly GoTool[] {
  const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  const languageHost = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
  return [
    {
      binary: "pulumi",
      package: cli,
      // A tool module does not inherit the replacements of its dependencies: this one is the CLI's own.
      goMod: `module tools

go ${goVersion}

tool ${cli}

require github.com/pulumi/pulumi/pkg/v3 v${version}

replace github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e
`,
      ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
      edits: [...dictionariesOnDemand, languagesOnDemand, schemasOnDemand],
    },
    {
      binary: languageHostBinary,
      package: languageHost,
      goMod: `module tools

go ${goVersion}

tool ${languageHost}

require github.com/pulumi/pulumi/sdk/v3 v${languageHostSdkVersion}
`,
      ldflags: "-s -w",
    },
  ];
}

/**
 * Starts the language host, which the engine does in the folder of the program. This version of the host takes a project's
 * options as arguments, and the engine of today does not pass them.
 */
const languageHostScript = `#!/bin/sh
folder=$PWD
while [ ! -f "$folder/Pulumi.yaml" ] && [ ! -f "$folder/Pulumi.yml" ] && [ "$folder" != / ]; do folder=$(dirname "$folder"); done
option() {
  sed -nE "s/ #.*//; s/^( *|.*[{,] *)$1: *([^,}]*[^,} ]).*$/\\2/p" "$folder"/Pulumi.y*ml 2>/dev/null | tr -d '\\042\\047' | head -n 1
}
typescript=$(option typescript)
nodeargs=$(option nodeargs)
exec "$(dirname "$(readlink -f "$0")")/${languageHostBinary}" "-typescript=\${typescript:-true}" "-nodeargs=$nodeargs" "$@"
`;

/** The provider host of dynamic resources, from the program's own @pulumi/pulumi. */
const dynamicProviderScript = `#!/bin/sh
host=node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js
folder=$PWD
while [ ! -f "$folder/$host" ] && [ "$folder" != / ]; do folder=$(dirname "$folder"); done
exec node "$folder/$host" "$@"
`;

/** The scripts beside these programs, by name. */
export const pulumiScripts = {
  "pulumi-language-nodejs": languageHostScript,
  "pulumi-resource-pulumi-nodejs": dynamicProviderScript,
};
