import { Icon } from "../../parts/icon";
import type { Order } from "../../parts/table";
import { t, type StringKey } from "../../strings";

export interface Heading {
  id: string;
  title: StringKey;
  number?: boolean;
  /** Nothing to sort by. */
  fixed?: boolean;
}

interface HeadProps {
  heading: Heading;
  order: Order;
  onOrder: (order: Order) => void;
}

/** A column's head: a press sorts by it, another the other way round. */
export function Head({ heading: { id, title, number, fixed }, order, onOrder }: HeadProps) {
  const mine = order.column === id;
  const sorted = mine ? (order.down ? "descending" : "ascending") : "none";
  return (
    <th
      role="columnheader"
      scope="col"
      class={`${id} ${number ? "number" : ""}`}
      {...(fixed ? {} : { "aria-sort": sorted })}
    >
      {fixed ? (
        t(title)
      ) : (
        <button type="button" onClick={() => onOrder({ column: id, down: mine && !order.down })}>
          {t(title)}
          {mine && <Icon name={order.down ? "down" : "up"} />}
        </button>
      )}
    </th>
  );
}
