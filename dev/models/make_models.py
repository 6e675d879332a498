"""Makes two tiny models offline: a chat model that learns the docstrings of Python's own library, and a Whisper.

python make_models.py FOLDER; with torch and transformers. The chat model (Qwen2's shape, a million parameters, trained
for about a minute) answers readable sentences, JSON and tool calls. The Whisper answers any speech with one sentence.
"""

import ast
import json
import random
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizerFast,
)
from transformers.models.whisper.tokenization_whisper import LANGUAGES

Pair = tuple[str, str]  # question, answer

SEED = 0
STEPS, WARM_UP_STEPS = 400, 30
BATCH, WIDTH = 16, 96  # sequences of a step, tokens of a sequence
LEARNING_RATE = 3e-3
CHAT_VOCABULARY, WHISPER_VOCABULARY = 2048, 600
NOT_LEARNT = re.compile(r"site-packages|dist-packages|/tests?/|idlelib|lib2to3|pydoc_data|turtle")

PAD, END = "<|endoftext|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% if tools %}<|im_start|>system\nTools: {{ tools | tojson }}<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] or '' }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PREVIOUS, TRANSCRIPT, NO_TIMES = "<|startofprev|>", "<|startoftranscript|>", "<|notimestamps|>"
TASKS = ("<|transcribe|>", "<|translate|>")
HEARD = " I hear someone speak, but a model as tiny as this cannot tell what was said."
WHISPER_STEPS = 200
GREETINGS = ("hello", "hi", "Hello!", "Say hello", "who are you?")
GREETING = "Hello! I am a tiny model. I was trained for a minute on the docstrings of Python."
CITIES = ("Paris", "Rome", "Oslo", "Lima")


def read_docstrings() -> Iterator[Pair]:
    """Every documented function and class of the standard library, its first paragraph as the answer."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if NOT_LEARNT.search(str(path)):
            continue
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, UnicodeDecodeError):
            continue  # test data of the library
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
                first = " ".join(text.split("\n\n")[0].split())
                if 30 < len(first) < 400 and first.isascii():
                    yield f"What does {node.name} in {path.stem} do?", first


def build_lessons(docstrings: Sequence[Pair]) -> list[Pair]:
    """Docstrings, greetings, and some JSON and tool calls, so that guided decoding comes to an end."""
    greetings = [(question, GREETING) for question in GREETINGS]
    objects = [("Answer in JSON.", json.dumps({"city": city, "n": n})) for city in CITIES for n in range(1, 10)]
    calls = {city: json.dumps({"name": "get_weather", "arguments": {"city": city}}) for city in CITIES}
    tools = [
        (f"What is the weather in {c}?", f"<tool_call>\n{calls[c]}\n</tool_call>") for c in CITIES for _ in range(9)
    ]
    size = len(docstrings)
    return [*docstrings, *greetings * (size // 100), *(objects + tools) * (size // 1000)]


def train_tokenizer(texts: Sequence[str], size: int, special: Sequence[str]) -> Tokenizer:
    """A byte-level BPE tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def make_chat(folder: Path, docstrings: Sequence[Pair]) -> None:
    """Writes the chat model: weights, tokenizer and chat template."""
    texts = [f"{question}\n{answer}" for question, answer in docstrings]
    bpe = train_tokenizer(texts, CHAT_VOCABULARY, [PAD, "<|im_start|>", END])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=PAD)
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    lessons = build_lessons(docstrings)
    random.Random(SEED).shuffle(lessons)  # noqa: S311 - no secret
    form = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n{}<|im_end|>\n"
    tokens = torch.tensor([token for lesson in lessons for token in tokenizer(form.format(*lesson))["input_ids"]])
    config = Qwen2Config(
        vocab_size=CHAT_VOCABULARY,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
    )
    model = Qwen2ForCausalLM(config)
    loss = train(model, tokens)
    model.generation_config.update(eos_token_id=2, pad_token_id=0)
    model.save_pretrained(folder)
    print(f"tiny-chat: {model.num_parameters()} parameters, {len(tokens)} tokens, loss {loss:.2f}")


def train(model: Qwen2ForCausalLM, tokens: torch.Tensor) -> float:
    """Teaches the model random stretches of the text; the last loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    loss = torch.tensor(0.0)
    for step in range(STEPS):
        set_learning_rate(optimizer, step, STEPS)
        starts = torch.randint(len(tokens) - WIDTH, (BATCH,))
        batch = torch.stack([tokens[start : start + WIDTH] for start in starts])
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return float(loss.item())


def set_learning_rate(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Up from zero, then down to a twentieth."""
    for group in optimizer.param_groups:
        group["lr"] = LEARNING_RATE * min(1, (step + 1) / WARM_UP_STEPS) * max(0.05, 1 - step / steps)


def make_whisper(folder: Path, docstrings: Sequence[Pair]) -> None:
    """Writes the Whisper, and a tokenizer that has every token vLLM looks for."""
    # all languages: vLLM detects the language among these tokens, and a missing one ends the engine
    languages = {f"<|{language}|>": language for language in LANGUAGES}
    times = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    special = [PAD, TRANSCRIPT, *languages, *TASKS, "<|startoflm|>", PREVIOUS, "<|nospeech|>", NO_TIMES, *times]
    tokenizer = make_whisper_tokenizer(folder, [answer for _, answer in docstrings], special)
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in special}
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        encoder_layers=2,
        decoder_layers=2,
        d_model=64,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        decoder_start_token_id=ids[TRANSCRIPT],
        bos_token_id=ids[PAD],
        eos_token_id=ids[PAD],
        pad_token_id=ids[PAD],
        max_target_positions=448,
    )
    model = WhisperForConditionalGeneration(config)
    heard = tokenizer.encode(HEARD, add_special_tokens=False)
    loss = train_whisper(model, ids, [ids[token] for token in languages], heard)
    model.generation_config.update(
        is_multilingual=True,
        lang_to_id={token: ids[token] for token in languages},
        task_to_id={token.strip("<|>"): ids[token] for token in TASKS},
        no_timestamps_token_id=ids[NO_TIMES],
    )
    model.save_pretrained(folder)
    print(f"tiny-whisper: {model.num_parameters()} parameters, vocabulary {len(tokenizer)}, loss {loss:.2f}")


def train_whisper(
    model: WhisperForConditionalGeneration, ids: dict[str, int], languages: list[int], heard: list[int]
) -> float:
    """Teaches one sentence, whatever the sound, the language, the task and the prompt; the last loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    dice = random.Random(SEED)  # noqa: S311 - no secret
    loss = torch.tensor(0.0)
    for step in range(WHISPER_STEPS):
        set_learning_rate(optimizer, step, WHISPER_STEPS)
        prompt = [ids[PREVIOUS], *(dice.randrange(WHISPER_VOCABULARY) for _ in range(dice.randrange(WIDTH)))]
        before = dice.choice([[], prompt])
        rows = [
            [*before, ids[TRANSCRIPT], language, ids[task], ids[NO_TIMES], *heard, ids[PAD]]
            for language in (languages[0], dice.choice(languages))
            for task in TASKS
        ]
        batch = torch.tensor(rows)
        labels = batch[:, 1:].clone()
        labels[:, : len(before)] = -100  # asked, not answered: the prompt, the task, and any language but the first
        labels[:, len(before) + 1 : len(before) + 3] = -100
        labels[len(TASKS) :, len(before)] = -100
        sound = torch.randn(1, 80, 3000) * dice.random() + dice.uniform(-1, 1)
        encoded = model.model.encoder(sound).last_hidden_state.expand(len(rows), -1, -1)
        loss = model(encoder_outputs=(encoded,), decoder_input_ids=batch[:, :-1], labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return float(loss.item())


def make_whisper_tokenizer(folder: Path, texts: Sequence[str], special: Sequence[str]) -> WhisperTokenizerFast:
    """Writes the tokenizer in the old and the new form, and the feature extractor beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    bpe = train_tokenizer(texts, WHISPER_VOCABULARY, [])
    bpe.add_special_tokens([AddedToken(token, special=True) for token in special])
    bpe.save(str(folder / "tokenizer.json"))
    model = json.loads(bpe.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    (folder / "merges.txt").write_text("\n".join(" ".join(merge) for merge in model["merges"]))
    tokenizer = WhisperTokenizerFast(
        tokenizer_object=bpe,
        tokenizer_file=str(folder / "tokenizer.json"),
        vocab_file=str(folder / "vocab.json"),
        merges_file=str(folder / "merges.txt"),
        unk_token=PAD,
        bos_token=PAD,
        eos_token=PAD,
        pad_token=PAD,
    )
    WhisperProcessor(WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(folder)
    return tokenizer


def main() -> None:
    """Both models, readable to everyone: safetensors writes 0600, and a server does not run as root."""
    folder = Path(sys.argv[1])
    torch.manual_seed(SEED)
    docstrings = list(read_docstrings())
    make_whisper(folder / "tiny-whisper", docstrings)
    make_chat(folder / "tiny-chat", docstrings)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    main()
