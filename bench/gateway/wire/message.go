package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// message is the head of a request or of an answer, as far as both ends need it.
type message struct {
	first   string // request line or status line
	length  int    // of the body; -1: chunked
	closing bool
}

func readHead(reader *bufio.Reader) (message, error) {
	head := message{}
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return head, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return head, nil
		}
		if head.first == "" {
			head.first = string(line)
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if head.length, err = strconv.Atoi(string(value)); err != nil {
				return head, err
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			head.length = -1
		case bytes.EqualFold(name, []byte("connection")):
			head.closing = bytes.EqualFold(value, []byte("close"))
		}
	}
}

// readBody calls seen for each piece of the body; the piece is valid only then.
func readBody(reader *bufio.Reader, length int, seen func([]byte)) error {
	if length >= 0 {
		return readPiece(reader, length, seen)
	}
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return fmt.Errorf("size of a chunk: %w", err)
		}
		if err := readPiece(reader, int(size), seen); err != nil {
			return err
		}
		if _, err := reader.Discard(2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func readPiece(reader *bufio.Reader, size int, seen func([]byte)) error {
	for size > 0 {
		if _, err := reader.Peek(1); err != nil {
			return err
		}
		part, err := reader.Peek(min(size, reader.Buffered()))
		if err != nil && err != io.EOF {
			return err
		}
		seen(part)
		size -= len(part)
		if _, err := reader.Discard(len(part)); err != nil {
			return err
		}
	}
	return nil
}
