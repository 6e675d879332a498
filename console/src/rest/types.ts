/** What the OpenAPI document says of a route, as types. */
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Method = "get" | "post" | "patch" | "delete";

type Prefix = "/ai-inference";
type Short<P> = P extends `${Prefix}${infer Rest}` ? Rest : never;
type Routes = { [P in keyof paths as Short<P>]: paths[P] };

/** Paths below /ai-inference that have the method, such as "/instances/{id}". */
export type PathOf<M extends Method> = {
  [P in keyof Routes]: Routes[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof Routes];

type Operation<P, M> = P extends keyof Routes ? (M extends keyof Routes[P] ? Routes[P][M] : never) : never;

export type QueryOf<P, M> = Operation<P, M> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;
type Body<R> = [R] extends [never] ? never : R extends { content: { "application/json": infer B } } ? B : never;
export type BodyOf<P, M> = Operation<P, M> extends { requestBody?: infer R } ? Body<NonNullable<R>> : never;

type Content<R> = R extends { content: { "application/json": infer T } } ? T : null;
type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 ? Content<R[S]> : never }[keyof R];
export type ResultOf<P, M> = Operation<P, M> extends { responses: infer R } ? Success<R> : never;

/** Fails to be `{id?: ...}` for `/instances`, and is `{id: string}` for `/instances/{id}`. */
export type PathParameters<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name, string> & PathParameters<Rest>
  : unknown;
