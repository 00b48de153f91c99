// The part of JSON Schema that /openapi.json and config/policy.schema.json use. A keyword that is not known here is an error, so that nothing is
// believed to be checked that is not.

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/; // as this server writes it
const NOTES = new Set(["description", "title", "default", "examples", "$comment", "$schema", "$id", "$defs"]);

const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

const isA = {
    integer: Number.isInteger,
    number: Number.isFinite,
    null: (value) => value === null,
    array: Array.isArray,
    object: (value) => typeOf(value) === "object",
    string: (value) => typeof value === "string",
    boolean: (value) => typeof value === "boolean",
};

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** keyword -> (argument, value, where, whole) => complaints */
const keywords = {
    type: (types, value, where) =>
        [types].flat().some((type) => isA[type](value)) ? [] : [`${where} is ${typeOf(value)}, not ${types}`],
    enum: (choices, value, where) =>
        choices.some((choice) => same(choice, value)) ? [] : [`${where} is ${JSON.stringify(value)}, none of its words`],
    const: (only, value, where) => (same(only, value) ? [] : [`${where} is not ${JSON.stringify(only)}`]),
    minItems: (least, value, where) => (isA.array(value) && value.length < least ? [`${where} has fewer than ${least} items`] : []),
    required: (names, value, where) =>
        isA.object(value) ? names.filter((name) => !(name in value)).map((name) => `${where}.${name} is missing`) : [],
    properties: (schemas, value, where, whole) =>
        isA.object(value)
            ? Object.entries(schemas).flatMap(([name, schema]) =>
                  name in value ? complaints(schema, value[name], `${where}.${name}`, whole) : [],
              )
            : [],
    additionalProperties: (schema, value, where, whole, parent) =>
        isA.object(value)
            ? Object.keys(value)
                  .filter((name) => !(name in (parent.properties ?? {})))
                  .flatMap((name) => complaints(schema, value[name], `${where}.${name}`, whole))
            : [],
    items: (schema, value, where, whole) =>
        isA.array(value) ? value.flatMap((item, i) => complaints(schema, item, `${where}[${i}]`, whole)) : [],
    anyOf: (schemas, value, where, whole) =>
        schemas.some((schema) => complaints(schema, value, where, whole).length === 0) ? [] : [`${where} fits none of anyOf`],
    pattern: (pattern, value, where) =>
        typeof value !== "string" || new RegExp(pattern, "u").test(value) ? [] : [`${where} does not match ${pattern}`],
    format: (format, value, where) => {
        if (format !== "date-time")
            throw new Error(`schema.mjs does not know the format ${format}`);
        return typeof value !== "string" || DATE_TIME.test(value) ? [] : [`${where} is no time: ${value}`];
    },
    minimum: (least, value, where) => (typeof value === "number" && value < least ? [`${where} is below ${least}`] : []),
    maximum: (most, value, where) => (typeof value === "number" && value > most ? [`${where} is above ${most}`] : []),
    minLength: (least, value, where) => (typeof value === "string" && value.length < least ? [`${where} is too short`] : []),
    maxLength: (most, value, where) => (typeof value === "string" && value.length > most ? [`${where} is too long`] : []),
    maxItems: (most, value, where) => (isA.array(value) && value.length > most ? [`${where} has more than ${most} items`] : []),
    maxProperties: (most, value, where) =>
        isA.object(value) && Object.keys(value).length > most ? [`${where} has more than ${most} members`] : [],
    propertyNames: (schema, value, where, whole) =>
        isA.object(value) ? Object.keys(value).flatMap((name) => complaints(schema, name, `the name ${where}.${name}`, whole)) : [],
    $ref: (reference, value, where, whole) => {
        const schema = reference
            .replace(/^#\//, "")
            .split("/")
            .reduce((at, step) => at?.[step], whole);
        if (schema === undefined)
            throw new Error(`${reference} leads nowhere`);
        return complaints(schema, value, where, whole);
    },
};

/** What is wrong with `value`, as sentences; empty if it fits. `whole` is the document that $ref points into. */
export function complaints(schema, value, where, whole) {
    if (schema === true)
        return [];
    if (schema === false)
        return [`${where} is not expected`];
    return Object.entries(schema).flatMap(([keyword, argument]) => {
        if (NOTES.has(keyword))
            return [];
        if (!(keyword in keywords))
            throw new Error(`schema.mjs does not know the keyword ${keyword}`);
        return keywords[keyword](argument, value, where, whole, schema);
    });
}
