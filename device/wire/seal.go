package wire

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// signPrefix separates our signatures from those of every other protocol.
const signPrefix = "villagecast/1\x00"

// SignedBytes is what the signature covers: the prefix "villagecast/1\0"; key,
// kind and address, each after its length as a big-endian uint32; the revision
// as a big-endian uint64; and the payload after its length.
func (e Envelope) SignedBytes() []byte {
	b := make([]byte, 0, len(signPrefix)+24+len(e.Key)+len(e.Kind)+len(e.Address)+len(e.Payload))
	b = append(b, signPrefix...)
	for _, s := range []string{e.Key, string(e.Kind), string(e.Address)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = binary.BigEndian.AppendUint64(b, e.Revision)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Payload)))
	return append(b, e.Payload...)
}

// snapshot is a payload that travels in an envelope.
type snapshot interface {
	Payload
	subject() (Kind, Address, uint64)
}

func (b Bulletin) subject() (Kind, Address, uint64) { return KindBulletin, b.Address, b.Revision }
func (o Orders) subject() (Kind, Address, uint64)   { return KindOrders, o.Address, o.Revision }
func (k KeyRing) subject() (Kind, Address, uint64)  { return KindKeyRing, KeysAddress, k.Revision }
func (m Command) subject() (Kind, Address, uint64)  { return KindCommand, m.Address, m.Revision }
func (t Time) subject() (Kind, Address, uint64)     { return KindTime, t.Address, t.At }

// Seal encodes, compresses and signs a Bulletin, Orders, KeyRing, Command or Time (or a
// pointer to one) and returns the envelope as it travels. The payload must
// validate and name the same kind, address and revision. The same input gives
// the same bytes. What is over a limit is an ErrTooBig that names the biggest
// programme or interrupt.
func Seal(signer ed25519.PrivateKey, keyID string, kind Kind, address Address, revision uint64, payload any) ([]byte, error) {
	p, ok := payload.(snapshot)
	if !ok {
		return nil, fmt.Errorf("seal %s for %s: %T is no snapshot", kind, address, payload)
	}
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("seal %s for %s: %w", kind, address, err) }
	if len(signer) != ed25519.PrivateKeySize {
		return fail(errors.New("the signing key has a wrong length"))
	}
	e := Envelope{Key: keyID, Kind: kind, Address: address, Revision: revision}
	if err := e.checkSubject(p); err != nil {
		return fail(err)
	}
	if err := e.checkFrame(); err != nil {
		return fail(err)
	}
	if err := p.Validate(); err != nil {
		return fail(err)
	}
	packed, err := pack(p)
	if err != nil {
		return fail(err)
	}
	e.Payload = packed
	e.Sig = ed25519.Sign(signer, e.SignedBytes())
	data, err := json.Marshal(e)
	if err != nil {
		return fail(err)
	}
	return data, nil
}

// LeavesRoom tells whether orders can travel, whatever their revision, and leave a
// quarter of the room for a STOP. What is too big is an ErrTooBig.
func (o Orders) LeavesRoom() error {
	o.Revision = max(o.Revision, 1)
	if err := o.Validate(); err != nil {
		return err
	}
	packed, err := pack(o)
	if err == nil && len(packed) > MaxCompressed*3/4 {
		err = fmt.Errorf("%w: %d bytes of %d", ErrTooBig, len(packed), MaxCompressed)
	}
	return err
}

// checkSubject tells whether the payload names what the envelope names.
func (e Envelope) checkSubject(p snapshot) error {
	kind, address, revision := p.subject()
	if kind != e.Kind || address != e.Address || revision != e.Revision {
		return fmt.Errorf("%w: the payload is %s %s revision %d, the envelope %s %s revision %d",
			ErrWrongAddress, kind, address, revision, e.Kind, e.Address, e.Revision)
	}
	return nil
}

// checkFrame tells whether kind, address, key and revision may stand together.
func (e Envelope) checkFrame() error {
	area, _ := e.Address.Split()
	switch {
	case e.Revision == 0:
		return bad("revision", e.Revision, "a snapshot's revision is at least 1")
	case !ValidID(e.Key):
		return bad("key", e.Key, remedyID)
	case e.Kind == KindKeyRing && (e.Address != KeysAddress || e.Key != RootKey):
		return fmt.Errorf("%w: a key ring is for %q and signed by %q", ErrWrongAddress, KeysAddress, RootKey)
	case e.Kind == KindKeyRing:
		return nil
	case area == "":
		return bad("address", e.Address, `use "area/<id>" or "unit/<id>"`)
	case e.Kind == KindCommand || e.Kind == KindTime:
		if area != "unit" {
			return fmt.Errorf("%w: a %s is for one unit", ErrWrongAddress, e.Kind)
		}
	case e.Kind != KindBulletin && e.Kind != KindOrders:
		return bad("kind", e.Kind, "use bulletin, orders, keyring, command or time")
	}
	return nil
}

func pack(p snapshot) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if len(text) > MaxPayload {
		return nil, fmt.Errorf("%w: %d bytes before compression, the limit is %d; %s", ErrTooBig, len(text), MaxPayload, biggest(p))
	}
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if b.Len() > MaxCompressed {
		return nil, fmt.Errorf("%w: %d bytes compressed, the limit is %d; %s", ErrTooBig, b.Len(), MaxCompressed, biggest(p))
	}
	return b.Bytes(), nil
}

// biggest names what takes most of the snapshot's room.
func biggest(p snapshot) string {
	what, size := "", 0
	weigh := func(name string, v any) {
		if data, err := json.Marshal(v); err == nil && len(data) > size {
			what, size = name, len(data)
		}
	}
	switch p := deref(p).(type) {
	case Bulletin:
		for _, g := range p.Programmes {
			weigh(fmt.Sprintf("programme %q (%s version %d)", g.Title, g.ID, g.Version), g)
		}
	case Orders:
		for _, i := range p.Interrupts {
			weigh(fmt.Sprintf("interrupt %q (%s)", i.Title, i.ID), i)
		}
	}
	if what == "" {
		return "nothing in it can be made smaller"
	}
	return fmt.Sprintf("the biggest part is %s with %d bytes", what, size)
}

func deref(p snapshot) any {
	switch p := p.(type) {
	case *Bulletin:
		return *p
	case *Orders:
		return *p
	}
	return p
}

// What compresses and decompresses is used again: it takes up to 1.2 MB and
// 40 KB, most payloads a few hundred bytes.
var (
	deflaters = sync.Pool{New: func() any {
		w, err := flate.NewWriter(nil, flate.BestCompression)
		if err != nil {
			panic(err) // only of a level that there is not
		}
		return w
	}}
	inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}
)

// unpack is the text of a compressed payload. It stops at the limit, so that a
// small message cannot fill the memory.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) > MaxCompressed {
		return nil, fmt.Errorf("%w: %d bytes compressed, the limit is %d", ErrTooBig, len(packed), MaxCompressed)
	}
	source := bytes.NewReader(packed)
	inflater := inflaters.Get().(io.Reader)
	defer inflaters.Put(inflater)
	err := inflater.(flate.Resetter).Reset(source, nil)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(inflater, MaxPayload+1))
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: decompress payload: %v", ErrMalformed, err)
	case len(text) > MaxPayload:
		return nil, fmt.Errorf("%w: more than %d bytes when decompressed", ErrTooBig, MaxPayload)
	case source.Len() > 0:
		return nil, fmt.Errorf("%w: %d bytes follow the compressed payload", ErrMalformed, source.Len())
	}
	return text, nil
}
