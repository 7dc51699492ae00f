package wire

// Kind says what the payload of an envelope is.
type Kind string

// The kinds of signed payload.
const (
	KindBulletin Kind = "bulletin"
	KindOrders   Kind = "orders"
	KindKeyRing  Kind = "keyring"
	KindCommand  Kind = "command"
	KindTime     Kind = "time"
)

// Envelope is how every signed word of the centre travels. It is encoded as
// JSON; Payload is the DEFLATE-compressed JSON of the payload's type.
type Envelope struct {
	// Key is the id of the signing key, as the key ring names it.
	Key      string  `json:"key"`
	Kind     Kind    `json:"kind"`
	Address  Address `json:"address"`
	Revision uint64  `json:"revision"`
	Payload  []byte  `json:"payload"`
	// Sig is the Ed25519 signature (RFC 8032) over SignedBytes.
	Sig []byte `json:"sig"`
}

// KeyRing is what the signing root says of the keys. It travels in an envelope
// of kind KindKeyRing whose Key is RootKey, signed by the root.
type KeyRing struct {
	Revision uint64    `json:"revision"`
	Keys     []RingKey `json:"keys"`
	Removed  []RingEnd `json:"removed,omitempty"`
}

// RingKey is one signing key in force.
type RingKey struct {
	ID     string `json:"id"`
	Public []byte `json:"public"`
}

// RingEnd names a key that is out of the ring and the last ring that held it.
type RingEnd struct {
	ID   string `json:"id"`
	Last uint64 `json:"last"`
}

// RootKey is the key id of envelopes signed by the signing root.
const RootKey = "root"
