package main

import "net/http"

// images answers with as many pictures, of one pixel, as were asked for.
func (e *engine) images(w http.ResponseWriter, r *http.Request) {
	q, ok := e.readQuestion(w, r)
	if !ok {
		return
	}
	const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	data := []object{}
	for range max(1, q.N) {
		data = append(data, object{"b64_json": pixel, "url": nil, "revised_prompt": nil})
	}
	produced, use := used(w)
	produced.note(func() { use.Images, use.Ended = len(data), true })
	send(w, 200, object{"created": 0, "data": data})
}
