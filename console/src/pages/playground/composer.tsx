/** Where a question is written: Enter sends it, pictures are attached, pasted or dropped. */
import { useId, useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Note } from "../../parts/problem";
import { t } from "../../strings";
import { FileButton } from "./files/file-button";
import { takePictures } from "./files/pictures";
import type { Picture, Question } from "./talk";

interface ComposerProps {
  answering: boolean;
  /** Why nothing can be sent now; "": it can. */
  obstacle: string;
  onSend: (question: Question) => void;
  onStop: () => void;
}

export function Composer({ answering, obstacle, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState("");
  const [pictures, setPictures] = useState<Picture[]>([]);
  const [refusals, setRefusals] = useState<string[]>([]);
  const id = useId();
  const empty = !text.trim() && pictures.length === 0;
  const send = () => {
    if (empty || answering || obstacle) return;
    onSend({ text, pictures });
    setText("");
    setPictures([]);
    setRefusals([]);
  };
  const take = async (files: Iterable<File>) => {
    const taken = await takePictures([...files]);
    setPictures((before) => [...before, ...taken.pictures]);
    setRefusals(taken.refusals);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="pg-composer card"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files ?? []);
      }}
    >
      {refusals.map((refusal) => (
        <Note key={refusal} tone="bad">
          {refusal}
        </Note>
      ))}
      <Attached pictures={pictures} onRemove={(gone) => setPictures(pictures.filter((each) => each !== gone))} />
      <label for={id} class="hidden-text">
        {t("playground.message")}
      </label>
      <textarea
        id={id}
        class="input"
        rows={2}
        placeholder={t("playground.placeholder")}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = event.clipboardData?.files;
          if (files?.length) void take(files);
        }}
      />
      <div class="row spread">
        <FileButton
          text={t("playground.attach")}
          label={t("playground.pictures")}
          icon="image"
          variant="quiet"
          accept="image/jpeg,image/png,image/webp,image/gif"
          multiple
          onFiles={(files) => void take(files)}
        />
        <div class="row">
          {obstacle && <span class="small muted">{obstacle}</span>}
          {answering ? (
            <Button icon="stop" onClick={onStop}>
              {t("playground.stop")}
            </Button>
          ) : (
            <Button type="submit" variant="primary" icon="send" disabled={empty || Boolean(obstacle)}>
              {t("playground.send")}
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

function Attached({ pictures, onRemove }: { pictures: Picture[]; onRemove: (picture: Picture) => void }) {
  if (pictures.length === 0) return null;
  return (
    <ul class="pg-attached">
      {pictures.map((picture, place) => (
        <li key={place}>
          <img src={picture.url} alt={picture.name} class="pg-picture" />
          <IconButton
            icon="close"
            label={t("playground.removePicture", { name: picture.name })}
            onClick={() => onRemove(picture)}
          />
        </li>
      ))}
    </ul>
  );
}
