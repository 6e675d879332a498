/**
 * Markdown -> nodes of Preact. What a model wrote is hostile: it becomes text and a few elements without attributes of
 * its choice, but for the addresses of links. HTML is shown as it is written; nothing is loaded.
 *
 * Source: https://github.github.com/gfm/
 */
import { Fragment, type ComponentChildren, type VNode } from "preact";
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { CodeBlock } from "./code-block";
import { decodeEntities, safeAddress } from "./links";

/** Characters; what is longer is shown as it is, for parsing may take time by their square. */
export const LONGEST = 60_000;
/** Levels of lists and quotations; what is deeper is shown as it is written. */
export const DEEPEST = 24;

/** A text as its writer meant it. Never throws. */
export function renderMarkdown(text: string): ComponentChildren {
  if (text.length > LONGEST) return renderRaw(text);
  try {
    return renderAll(lexer(text), 0);
  } catch {
    return renderRaw(text); // so deep that the parser's stack ended
  }
}

/** A text as it is written. */
export function renderRaw(text: string): VNode {
  return <p class="md-raw">{text}</p>;
}

function renderAll(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  if (depth > DEEPEST) return tokens?.map((token) => token.raw).join("");
  return tokens?.map((token, place) => <Fragment key={place}>{renderToken(token as MarkedToken, depth + 1)}</Fragment>);
}

function renderToken(token: MarkedToken, depth: number): ComponentChildren {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return <hr />;
    case "code":
      return <CodeBlock text={token.text} language={token.lang?.split(/\s/, 1)[0] ?? ""} />;
    case "heading":
      return renderHeading(token, depth);
    case "blockquote":
      return <blockquote>{renderAll(token.tokens, depth)}</blockquote>;
    case "paragraph":
      return <p>{renderAll(token.tokens, depth)}</p>;
    case "list":
      return renderList(token, depth);
    case "list_item":
      return <li>{renderAll(token.tokens, depth)}</li>;
    case "table":
      return renderTable(token, depth);
    case "html":
      return token.text;
    case "br":
    case "checkbox":
    case "codespan":
    case "del":
    case "em":
    case "escape":
    case "image":
    case "link":
    case "strong":
    case "text":
      return renderInline(token, depth);
  }
}

type Inline = Extract<
  MarkedToken,
  { type: "text" | "escape" | "strong" | "em" | "del" | "codespan" | "br" | "link" | "image" | "checkbox" }
>;

function renderInline(token: Inline, depth: number): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong>{renderAll(token.tokens, depth)}</strong>;
    case "em":
      return <em>{renderAll(token.tokens, depth)}</em>;
    case "del":
      return <del>{renderAll(token.tokens, depth)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "link":
      return renderLink(token, renderAll(token.tokens, depth));
    case "image":
      return renderLink(token, `🖼 ${token.text || token.href}`);
    case "escape":
      return token.text;
    case "text":
      return "tokens" in token && token.tokens ? renderAll(token.tokens, depth) : decodeEntities(token.text);
  }
}

/** The page itself has the first two levels. */
function renderHeading({ depth: level, tokens }: Tokens.Heading, depth: number): VNode {
  const Level = (["h3", "h4", "h5", "h6"] as const)[level - 1] ?? "h6";
  return <Level>{renderAll(tokens, depth)}</Level>;
}

/** Pictures are links too: whoever wrote one would learn who looks at it. What leads nowhere good stays as written. */
function renderLink({ href, raw }: Tokens.Link | Tokens.Image, shown: ComponentChildren): ComponentChildren {
  const address = safeAddress(href);
  if (address === null) return raw;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow" title={address}>
      {shown}
    </a>
  );
}

function renderList({ ordered, start, items }: Tokens.List, depth: number): VNode {
  const entries = items.map((item, place) => <li key={place}>{renderAll(item.tokens, depth)}</li>);
  return ordered ? <ol start={start === "" ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

function renderTable({ header, rows }: Tokens.Table, depth: number): VNode {
  return (
    <div class="md-table" tabIndex={0} role="group">
      <table>
        <thead>
          <tr>
            {header.map((cell, place) => (
              <th key={place} scope="col" data-align={cell.align}>
                {renderAll(cell.tokens, depth)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, number) => (
            <tr key={number}>
              {row.map((cell, place) => (
                <td key={place} data-align={cell.align}>
                  {renderAll(cell.tokens, depth)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
