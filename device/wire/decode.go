package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	var err error
	if strict {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		err = dec.Decode(&v)
	} else {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		return v, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return v, nil
}
