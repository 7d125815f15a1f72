// As many dynamic resources that do nothing as `noop:count` says: what the engine itself costs.
const pulumi = require("@pulumi/pulumi");

const provider = {
  check: async (_olds, news) => ({ inputs: news }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: inputs.name, outs: inputs }),
};

class Noop extends pulumi.dynamic.Resource {
  constructor(name) {
    super(provider, name, { name }, {}, "bench", "Noop");
  }
}

const count = new pulumi.Config("noop").requireNumber("count");
for (let index = 0; index < count; index += 1) new Noop(`resource${index}`);
