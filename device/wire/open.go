package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// ParseEnvelope reads an envelope as it travels. It looks at its form only:
// neither the signature nor the payload is checked.
func ParseEnvelope(data []byte) (Envelope, error) {
	e, err := decode[Envelope](data, MaxEnvelope, false)
	if err == nil && len(e.Payload) > MaxCompressed {
		err = fmt.Errorf("%w: %d bytes compressed, the limit is %d", ErrTooBig, len(e.Payload), MaxCompressed)
	}
	if err == nil {
		err = e.checkFrame()
	}
	if err != nil {
		return Envelope{}, fmt.Errorf("parse envelope: %w", err)
	}
	return e, nil
}

// Verify tells whether the envelope is signed by a key of the ring, or, for a
// key ring, by the root. Its errors are ErrUnsigned, ErrUnknownKey and ErrAltered.
func (e Envelope) Verify(ring KeyRing, root ed25519.PublicKey) error {
	if len(e.Sig) == 0 {
		return fmt.Errorf("verify %s for %s: %w", e.Kind, e.Address, ErrUnsigned)
	}
	public := root
	if e.Kind != KindKeyRing {
		public = ring.public(e.Key)
	} else if e.Key != RootKey {
		public = nil
	}
	if len(public) != ed25519.PublicKeySize {
		return fmt.Errorf("verify %s for %s: %w %.70q", e.Kind, e.Address, ErrUnknownKey, e.Key)
	}
	if !ed25519.Verify(public, e.SignedBytes(), e.Sig) {
		return fmt.Errorf("verify %s for %s: %w", e.Kind, e.Address, ErrAltered)
	}
	return nil
}

func (k KeyRing) public(id string) ed25519.PublicKey {
	if id == RootKey {
		return nil
	}
	for _, key := range k.Keys {
		if key.ID == id {
			return key.Public
		}
	}
	return nil
}

// OpenBulletin reads and verifies the bulletin that came on the topic of
// address. Of each programme only the id is checked: an agent that finds one it
// cannot play (Programme.Validate, Needs) leaves out that one alone.
func OpenBulletin(data []byte, address Address, ring KeyRing, root ed25519.PublicKey) (Bulletin, error) {
	e, err := open(data, KindBulletin, address, ring, root)
	if err != nil {
		return Bulletin{}, err
	}
	return e.Bulletin()
}

// OpenOrders reads and verifies the orders that came on the topic of address.
// Each interrupt is to be judged alone, as the programmes of a bulletin are.
func OpenOrders(data []byte, address Address, ring KeyRing, root ed25519.PublicKey) (Orders, error) {
	e, err := open(data, KindOrders, address, ring, root)
	if err != nil {
		return Orders{}, err
	}
	return e.Orders()
}

// OpenKeyRing reads a key ring and verifies it against the root.
func OpenKeyRing(data []byte, root ed25519.PublicKey) (KeyRing, error) {
	e, err := open(data, KindKeyRing, KeysAddress, KeyRing{}, root)
	if err != nil {
		return KeyRing{}, err
	}
	return e.KeyRing()
}

func open(data []byte, kind Kind, address Address, ring KeyRing, root ed25519.PublicKey) (Envelope, error) {
	e, err := ParseEnvelope(data)
	if err != nil {
		return e, fmt.Errorf("open %s for %s: %w", kind, address, err)
	}
	if err := e.expect(kind, address); err != nil {
		return e, err
	}
	return e, e.Verify(ring, root)
}

// expect tells whether the envelope is what should have come.
func (e Envelope) expect(kind Kind, address Address) error {
	if e.Kind != kind || e.Address != address {
		return fmt.Errorf("open %s for %s: %w: it is %s for %s", kind, address, ErrWrongAddress, e.Kind, e.Address)
	}
	return e.checkFrame()
}

// Bulletin is the payload of an envelope that was verified, now or before it
// was put on disk.
func (e Envelope) Bulletin() (Bulletin, error) { return content[Bulletin](e) }

// Orders is the payload of an envelope that was verified.
func (e Envelope) Orders() (Orders, error) { return content[Orders](e) }

// KeyRing is the payload of an envelope that was verified.
func (e Envelope) KeyRing() (KeyRing, error) { return content[KeyRing](e) }

func content[T snapshot](e Envelope) (T, error) {
	var v, none T
	text, err := unpack(e.Payload)
	if err == nil {
		v, err = decode[T](text, MaxPayload, false)
	}
	if err == nil {
		err = e.checkSubject(v)
	}
	if err == nil {
		err = validateLenient(v)
	}
	if err != nil {
		return none, fmt.Errorf("read %s for %s: %w", e.Kind, e.Address, err)
	}
	return v, nil
}

// Supersedes tells whether a unit that holds held (nil for nothing) takes e in
// its place: nil if e is newer or says the same again under the same revision
// (perhaps under another key), ErrOlder, or ErrConflict.
func (e Envelope) Supersedes(held *Envelope) error {
	if held == nil || e.Revision > held.Revision {
		return nil
	}
	if e.Revision < held.Revision {
		return fmt.Errorf("%s for %s: %w: revision %d, held %d", e.Kind, e.Address, ErrOlder, e.Revision, held.Revision)
	}
	if bytes.Equal(e.Payload, held.Payload) {
		return nil
	}
	mine, err1 := unpack(e.Payload)
	theirs, err2 := unpack(held.Payload)
	if errors.Join(err1, err2) != nil || !bytes.Equal(mine, theirs) {
		return fmt.Errorf("%s for %s: %w: revision %d", e.Kind, e.Address, ErrConflict, e.Revision)
	}
	return nil
}
