/** One instance of the list. */
import { Component } from "preact";
import { CopyButton } from "../../parts/copy";
import { Icon } from "../../parts/icon";
import { PhaseBadge } from "../../parts/phase";
import { Money } from "../../parts/values";
import { link } from "../../router";
import { identity } from "../../session";
import { t } from "../../strings";
import { Replicas, type RegionNames } from "./replicas";
import { describeSource, type Instance } from "./rows";

interface RowProps {
  instance: Instance;
  regions: RegionNames;
  /** From 0. */
  index: number;
  /** The language. */
  words: string;
}

/** Drawn anew only when something of it has changed: most rows stay as they are while a list is scrolled or asked for. */
export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { instance, regions, index, words } = this.props;
    return next.instance !== instance || next.regions !== regions || next.index !== index || next.words !== words;
  }

  override render() {
    return <Cells {...this.props} />;
  }
}

function Cells({ instance, regions, index }: RowProps) {
  const currency = identity.value?.currencyCode;
  const source = describeSource(instance);
  return (
    <tr role="row" aria-rowindex={index + 2} data-row>
      <td role="cell" class="instance-name">
        <a href={link("instances", instance._id)}>{instance.name}</a>
        {instance.keptBy && (
          <span class="muted" title={t("instances.kept", { owner: instance.keptBy })}>
            <Icon name="lock" />
            <span class="hidden-text">{t("instances.kept", { owner: instance.keptBy })}</span>
          </span>
        )}
      </td>
      <Cell label={t("instances.phase")}>
        <PhaseBadge status={instance.status} />
      </Cell>
      <Cell label={t("instances.ready")}>
        <Replicas of={instance} {...{ regions }} />
      </Cell>
      <Cell label={t("instances.model")} title={source}>
        {source}
      </Cell>
      <Cell label={t("instances.hardware")} title={instance.hardwareId ?? ""}>
        {instance.hardwareId}
      </Cell>
      <Cell label={t("instances.priceNow")} number>
        <Money amount={instance.currentHourlyPrice} currency={currency} />
      </Cell>
      <Cell label={t("instances.priceMost")} number>
        <Money amount={instance.hourlyPrice} currency={currency} />
      </Cell>
      <Cell label={t("instances.address")} title={instance.address}>
        <span class="instance-address">
          <span class="mono small">{instance.address.replace(/^https?:\/\/|\/$/g, "")}</span>
          <CopyButton text={instance.address} label={t("instances.copyAddress", { name: instance.name })} />
        </span>
      </Cell>
    </tr>
  );
}

interface CellProps {
  label: string;
  number?: boolean;
  title?: string;
  children: preact.ComponentChildren;
}

function Cell({ label, number = false, title, children }: CellProps) {
  return (
    <td role="cell" data-label={label} class={number ? "number" : ""} {...(title ? { title } : {})}>
      <span class="value">{children}</span>
    </td>
  );
}
