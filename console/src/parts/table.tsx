/** A table that becomes cards on small screens. Roles are written out: a browser forgets them where CSS lays rows as grids. */
import type { ComponentChildren } from "preact";
import { Icon } from "./icon";

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ComponentChildren;
  /** Right-aligned. */
  number?: boolean;
  sortable?: boolean;
}

export interface Order {
  column: string;
  down: boolean;
}

interface TableProps<T> {
  /** What the table is of, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  order?: Order;
  onOrder?: (order: Order) => void;
}

export function Table<T>({ label, columns, rows, rowKey, order, onOrder }: TableProps<T>) {
  return (
    <div class="table-frame">
      <table class="table" role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <Head key={column.id} {...{ column, order, onOrder }} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map(({ id, title, cell, number }) => (
                <td key={id} role="cell" data-label={title} class={number ? "number" : ""}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<T> {
  column: Column<T>;
  order: Order | undefined;
  onOrder: ((order: Order) => void) | undefined;
}

function Head<T>({ column: { id, title, number, sortable }, order, onOrder }: HeadProps<T>) {
  const mine = order?.column === id ? order : null;
  const sorted = mine ? (mine.down ? "descending" : "ascending") : "none";
  const content =
    sortable && onOrder ? (
      <button type="button" onClick={() => onOrder({ column: id, down: mine ? !mine.down : false })}>
        {title}
        {mine && <Icon name={mine.down ? "down" : "up"} />}
      </button>
    ) : (
      title
    );
  return (
    <th role="columnheader" scope="col" class={number ? "number" : ""} {...(sortable ? { "aria-sort": sorted } : {})}>
      {content}
    </th>
  );
}
