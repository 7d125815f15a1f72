import path from "node:path";
import ts from "typescript";

/** A key as a schema declares it. */
export interface DeclaredKey {
  /** Of a key in an object within: `adopt.secretArn`. */
  name: string;
  /** Its TSDoc, in one line. */
  meaning: string;
}

const root = path.join(__dirname, "..");

/** Reads declarations of schemas from the sources. */
export class SchemaSources {
  private readonly program: ts.Program;
  private readonly checker: ts.TypeChecker;

  /** @param files the sources, from the project's folder */
  constructor(files: readonly string[]) {
    this.program = ts.createProgram(
      files.map((file) => path.join(root, file)),
      {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        strict: true,
        skipLibCheck: true,
        types: ["node"],
      },
    );
    this.checker = this.program.getTypeChecker();
  }

  /**
   * Lists the keys of a schema, in the order of their declaration.
   *
   * @param declaration the name of a constant: a `z.object` or `z.strictObject`, or a function that returns one
   * @throws if a key has no TSDoc, or one that a tag cuts off
   */
  keysOf(file: string, declaration: string): DeclaredKey[] {
    const statements = [...(this.program.getSourceFile(path.join(root, file))?.statements ?? [])];
    const declared = statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => declarationList.declarations)
      .find(({ name }) => ts.isIdentifier(name) && name.text === declaration);
    const shape = declared?.initializer && shapeOf(declared.initializer);
    if (shape === undefined) throw new Error(`${file} declares no schema ${declaration}.`);
    return this.keysOfShape(shape, `${file}, ${declaration}`, "");
  }

  private keysOfShape(shape: ts.ObjectLiteralExpression, where: string, prefix: string): DeclaredKey[] {
    return this.propertiesOf(shape).flatMap((property) => {
      const name = prefix + property.name;
      return [
        { name, meaning: this.meaningOf(property, `${where}: ${name}`) },
        ...this.keysWithin(property, where, `${name}.`),
      ];
    });
  }

  /** In declared order: the type of the literal lists the properties of spread objects first. */
  private propertiesOf(shape: ts.ObjectLiteralExpression): ts.Symbol[] {
    const properties = new Map(
      this.checker
        .getTypeAtLocation(shape)
        .getProperties()
        .map((property) => [property.name, property]),
    );
    const names = shape.properties.flatMap((part) =>
      ts.isSpreadAssignment(part)
        ? this.checker
            .getTypeAtLocation(part.expression)
            .getProperties()
            .map(({ name }) => name)
        : [part.name.getText()],
    );
    return names.flatMap((name) => properties.get(name) ?? []);
  }

  private meaningOf(property: ts.Symbol, where: string): string {
    const meaning = ts.displayPartsToString(property.getDocumentationComment(this.checker));
    if (meaning.trim() === "") throw new Error(`${where} has no TSDoc that says what it means.`);
    const [tag] = property.getJsDocTags(this.checker);
    if (tag !== undefined) throw new Error(`${where}: its TSDoc is cut off at @${tag.name}.`);
    return meaning.replace(/\s+/g, " ").trim();
  }

  /** A schema with its own name has its own table. */
  private keysWithin(property: ts.Symbol, where: string, prefix: string): DeclaredKey[] {
    const declaration = property.valueDeclaration;
    if (declaration === undefined || !ts.isPropertyAssignment(declaration)) return [];
    const shape = shapeOf(declaration.initializer);
    return shape === undefined ? [] : this.keysOfShape(shape, where, prefix);
  }
}

/** Finds the first object literal passed to `z.object` or `z.strictObject`. */
function shapeOf(node: ts.Node): ts.ObjectLiteralExpression | undefined {
  if (ts.isCallExpression(node) && /^z\s*\.(?:object|strictObject)$/.test(node.expression.getText())) {
    const [shape] = node.arguments;
    return shape && ts.isObjectLiteralExpression(shape) ? shape : undefined;
  }
  return ts.forEachChild(node, shapeOf);
}
