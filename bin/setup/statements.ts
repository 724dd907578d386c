/** The statements of a RAM document, whatever they are. */
export interface Document {
  readonly Statement: readonly unknown[];
}

/** A document as RAM returns it, a text of JSON. What is none has no statements. */
export function documentOf(text: unknown): Document {
  try {
    const { Statement } = (JSON.parse(String(text)) ?? {}) as { Statement?: unknown };
    if (Statement === undefined) return { Statement: [] };
    return { Statement: Array.isArray(Statement) ? Statement : [Statement] };
  } catch {
    return { Statement: [] };
  }
}

/** Whether a service may assume the role of this trust document. */
export function trusts({ Statement }: Document, service: string): boolean {
  return Statement.some((statement) => {
    const { Effect, Action, Principal } = fieldsOf(statement);
    const services = listOf(fieldsOf(Principal).Service);
    return Effect === 'Allow' && listOf(Action).includes('sts:AssumeRole') && services.includes(service);
  });
}

/** A line for each right that the statements of a policy give or deny: what, on what. */
export function linesOf(statements: readonly unknown[]): string[] {
  return statements.flatMap((statement) => {
    const { Effect, Action, Resource, Condition } = fieldsOf(statement);
    const only = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
    const effect = Effect === 'Allow' ? '' : `${String(Effect)} `;
    return listOf(Resource).map((resource) => `${effect}${listOf(Action).join(', ')} on ${resource}${only}`);
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
