package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
)

// transcriptions answers audio: WAV only, since its header alone tells the length. In which formats it says that is as in
// vLLM (JSON in whole seconds, verbose JSON exactly, translations and streams not at all) and as in Whisper servers (text,
// srt and vtt, which cannot).
func (e *engine) transcriptions(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		sendError(w, 400, "Bad Request", "1 validation error:\n  {'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}", "file")
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	q := question{Model: r.FormValue("model"), Stream: r.FormValue("stream") == "true"}
	q.Options.IncludeUsage = r.FormValue("stream_include_usage") == "true"
	_ = json.Unmarshal([]byte(r.FormValue("engine")), &q.Switches)
	if !e.checkModel(w, &q.Model) {
		return
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		sendError(w, 400, "Bad Request", "1 validation error:\n  {'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}", "file")
		return
	}
	data, _ := io.ReadAll(file)
	seconds, err := wavSeconds(data)
	if err != nil {
		sendError(w, 400, "BadRequestError", "Invalid or corrupted audio data. Ensure the input is a valid audio or video file (e.g. a complete WAV, MP3, or MP4).", nil)
		return
	}
	produced, use := used(w)
	said := fmt.Sprintf("%.2f seconds of audio", seconds)
	if prompt := r.FormValue("prompt"); prompt != "" {
		said += ": " + prompt
	}
	q.Messages = []message{{Role: "user", Content: json.RawMessage(fmt.Sprintf("%q", said))}}
	a := e.newAnswer(q, "trsc-", "transcription.chunk")
	a.piece = func(text string, _ bool) object { return object{"delta": object{"content": text}} }
	if q.Stream {
		produced.note(func() { use.Seconds = &seconds })
		a.write(w, r)
		return
	}
	if !a.next(r.Context(), 0) {
		return
	}
	e.stopped.Add(1)
	produced.note(func() { use.Seconds, use.Ended = &seconds, true })
	if r.FormValue("response_format") == "verbose_json" {
		send(w, 200, object{"text": said, "language": "en", "duration": fmt.Sprint(seconds), "segments": []object{}})
		return
	}
	if format, ok := plainFormats[r.FormValue("response_format")]; ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintf(w, format, said)
		return
	}
	if strings.HasSuffix(r.URL.Path, "translations") {
		send(w, 200, object{"text": said})
		return
	}
	rounded := math.Ceil(seconds)
	produced.note(func() { use.Seconds = &rounded })
	send(w, 200, object{"text": said, "usage": object{"type": "duration", "seconds": int(rounded)}})
}

var plainFormats = map[string]string{
	"text": "%s\n",
	"srt":  "1\n00:00:00,000 --> 00:00:01,000\n%s\n\n",
	"vtt":  "WEBVTT\n\n00:00.000 --> 00:01.000\n%s\n\n",
}

// wavSeconds reads the length of a RIFF WAVE file from its fmt and data chunks.
func wavSeconds(data []byte) (float64, error) {
	broken := fmt.Errorf("not a WAV file")
	if len(data) < 12 || !bytes.Equal(data[:4], []byte("RIFF")) || !bytes.Equal(data[8:12], []byte("WAVE")) {
		return 0, broken
	}
	var bytesPerSecond uint32
	for rest := data[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		size = min(size, len(rest)) // a streamed file says 4 GiB
		if name == "fmt " && size >= 16 {
			bytesPerSecond = binary.LittleEndian.Uint32(rest[8:12])
		}
		if name == "data" && bytesPerSecond > 0 {
			return float64(size) / float64(bytesPerSecond), nil
		}
		rest = rest[min(size+size%2, len(rest)):]
	}
	return 0, broken
}
