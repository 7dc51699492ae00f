package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// Limits of size, in bytes.
const (
	// MaxCompressed is the limit of an envelope's compressed payload.
	MaxCompressed = 128 << 10
	// MaxPayload is the limit of a payload before compression.
	MaxPayload = 4 << 20
	// MaxEnvelope is the limit of a whole envelope as it travels.
	MaxEnvelope = 192 << 10
	// MaxMessage is the limit of every other message.
	MaxMessage = 256 << 10
)

// maxDepth is how deep objects and lists may stand in each other.
const maxDepth = 32

// Payload is everything that travels. Validate names the first field that holds
// what it must not by a *FieldError.
type Payload interface{ Validate() error }

// framed is a payload of which an old unit may understand only a part: its
// frame must hold, and each programme or interrupt is judged alone.
type framed interface{ ValidateFrame() error }

// Decode reads a message as the centre does: strictly. An unknown field, a
// field named twice, anything after the value, and any value out of its range
// are errors (ErrMalformed, ErrTooBig).
func Decode[T Payload](data []byte) (T, error) {
	v, err := decode[T](data, MaxMessage, true)
	if err == nil {
		err = v.Validate()
	}
	if err != nil {
		var none T
		return none, fmt.Errorf("decode %s: %w", typeName[T](), err)
	}
	return v, nil
}

// DecodeLenient reads a message as a unit does: fields that it does not know
// are ignored, all else as in Decode.
func DecodeLenient[T Payload](data []byte) (T, error) {
	v, err := decode[T](data, MaxMessage, false)
	if err == nil {
		err = validateLenient(v)
	}
	if err != nil {
		var none T
		return none, fmt.Errorf("decode %s: %w", typeName[T](), err)
	}
	return v, nil
}

// Encode writes a message that travels without an envelope, after the checks
// that the other side will make.
func Encode(p Payload) ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("encode %T: %w", p, err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", p, err)
	}
	if len(data) > MaxMessage {
		return nil, fmt.Errorf("encode %T: %w: %d bytes, the limit is %d", p, ErrTooBig, len(data), MaxMessage)
	}
	return data, nil
}

func validateLenient(p Payload) error {
	if f, ok := p.(framed); ok {
		return f.ValidateFrame()
	}
	return p.Validate()
}

func typeName[T any]() string {
	var v T
	return fmt.Sprintf("%T", v)[len("wire."):]
}

func decode[T any](data []byte, limit int, strict bool) (T, error) {
	var v T
	if len(data) > limit {
		return v, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooBig, len(data), limit)
	}
	if err := checkJSON(data); err != nil {
		return v, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if strict {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(&v); err != nil {
		return v, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return v, nil
}

// checkJSON tells whether data is one JSON object in UTF-8, with nothing after
// it, in which no object names a field twice. Names that differ only in case
// count as the same, because encoding/json would take either for the field.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: the text is not UTF-8", ErrMalformed)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var stack []map[string]bool // a nil map is a list
	name := false               // the next string is a field's name
	for first := true; ; first = false {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) == 0 && !first:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %v", ErrMalformed, err)
		case first && tok != json.Delim('{'):
			return fmt.Errorf("%w: it is not a JSON object", ErrMalformed)
		case !first && len(stack) == 0:
			return fmt.Errorf("%w: something follows the JSON object", ErrMalformed)
		}
		switch tok := tok.(type) {
		case json.Delim:
			if stack, err = nest(stack, tok); err != nil {
				return err
			}
		case string:
			if name {
				seen := stack[len(stack)-1]
				if seen[fold(tok)] {
					return fmt.Errorf("%w: the field %.40q is named twice", ErrMalformed, tok)
				}
				seen[fold(tok)] = true
				name = false
				continue
			}
		}
		name = len(stack) > 0 && stack[len(stack)-1] != nil
	}
}

func nest(stack []map[string]bool, d json.Delim) ([]map[string]bool, error) {
	switch d {
	case '{':
		stack = append(stack, map[string]bool{})
	case '[':
		stack = append(stack, nil)
	default:
		return stack[:len(stack)-1], nil
	}
	if len(stack) > maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)
	}
	return stack, nil
}

// fold maps a name to the one that stands for all that encoding/json takes for it.
func fold(name string) string {
	return string(bytes.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, []byte(name)))
}
