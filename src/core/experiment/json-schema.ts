import { z } from 'zod';

/** The JSON schema of a file as the editor reads it: JSON with comments. `about` is what zod does not know of it. */
export function editorSchema(
  schema: z.ZodType,
  about: { readonly title: string; readonly description: string } & Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const made = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { ...made, ...about, allowComments: true, allowTrailingCommas: true };
}
