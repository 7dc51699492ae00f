package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Names of the files in the directory of the keys.
const (
	rootFile = "root.key" // the signing root: opened only to make a ring
	keysFile = "keys.json"
)

// Keys are the centre's signing keys. The signing root, which every unit pins,
// signs the key ring; the newest key of the ring signs everything else. The
// root is read from its file only when the ring changes.
type Keys struct {
	dir string

	mu    sync.RWMutex
	state keyState
}

// keyState is what keysFile holds: one file, so that key and ring cannot part.
type keyState struct {
	// Root is the public part of the signing root.
	Root []byte `json:"root"`
	// Private are the seeds of the keys in the ring, newest last.
	Private []privateKey `json:"private"`
	Ring    wire.KeyRing `json:"ring"`
	// Envelope is the ring as it travels.
	Envelope []byte `json:"envelope"`
}

type privateKey struct {
	ID   string `json:"id"`
	Seed []byte `json:"seed"`
}

// OpenKeys reads the keys from dir, or makes a root, a first key and a ring at
// the first start.
func OpenKeys(dir string, now time.Time) (*Keys, error) {
	k := &Keys{dir: dir}
	b, err := readSecret(filepath.Join(dir, keysFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = k.Rotate("", now)
	case err == nil:
		err = k.load(b)
	}
	if err != nil {
		return nil, fmt.Errorf("open signing keys: %w", err)
	}
	return k, nil
}

func (k *Keys) load(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&k.state); err != nil {
		return fmt.Errorf("read %s: %w", keysFile, err)
	}
	if len(k.state.Root) != ed25519.PublicKeySize {
		return fmt.Errorf("read %s: the public root is not an Ed25519 key", keysFile)
	}
	ring, err := wire.OpenKeyRing(k.state.Envelope, k.state.Root)
	if err != nil {
		return fmt.Errorf("read %s: %w", keysFile, err)
	}
	for _, p := range k.state.Private {
		inRing := slices.ContainsFunc(ring.Keys, func(r wire.RingKey) bool { return r.ID == p.ID })
		if len(p.Seed) != ed25519.SeedSize || !inRing {
			return fmt.Errorf("read %s: key %q is damaged or not in the ring", keysFile, p.ID)
		}
	}
	if len(k.state.Private) == 0 {
		return fmt.Errorf("read %s: it holds no signing key", keysFile)
	}
	k.state.Ring = ring
	return nil
}

// Root is the public part of the signing root, which units pin.
func (k *Keys) Root() ed25519.PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.state.Root)
}

// Ring is the envelope of the key ring, as it travels.
func (k *Keys) Ring() []byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.state.Envelope)
}

// KeyRing is the content of the ring.
func (k *Keys) KeyRing() wire.KeyRing {
	k.mu.RLock()
	defer k.mu.RUnlock()
	r := k.state.Ring
	r.Keys, r.Removed = slices.Clone(r.Keys), slices.Clone(r.Removed)
	return r
}

// Newest is the id and the public part of the key that signs now.
func (k *Keys) Newest() (id string, public ed25519.PublicKey) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	id, private := k.newest()
	return id, private.Public().(ed25519.PublicKey)
}

func (k *Keys) newest() (string, ed25519.PrivateKey) {
	p := k.state.Private[len(k.state.Private)-1]
	return p.ID, ed25519.NewKeyFromSeed(p.Seed)
}

// Seal signs a payload with the newest key, see wire.Seal.
func (k *Keys) Seal(kind wire.Kind, address wire.Address, revision uint64, payload any) ([]byte, error) {
	k.mu.RLock()
	id, private := k.newest()
	k.mu.RUnlock()
	return wire.Seal(private, id, kind, address, revision, payload)
}

// Rotate makes a new signing key and a ring that holds it alone, signed by the root
// in a file, "" for the one beside the keys; the keys before are named in the ring as removed. What units hold that was signed
// before stays good, so the snapshots must be sealed anew only in due course.
func (k *Keys) Rotate(path string, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if path == "" {
		path = filepath.Join(k.dir, rootFile)
	}
	root, err := k.openRoot(path)
	if err != nil {
		return fmt.Errorf("make key ring: %w", err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	key := wire.RingKey{ID: "k-" + hex.EncodeToString(public[:8]), Public: public}
	old := k.state.Ring
	ring := wire.KeyRing{
		Revision: max(old.Revision+1, uint64(now.UnixMilli())),
		Keys:     []wire.RingKey{key},
		Removed:  slices.Clone(old.Removed),
	}
	for _, gone := range old.Keys {
		ring.Removed = append(ring.Removed, wire.RingEnd{ID: gone.ID, Last: old.Revision})
	}
	envelope, err := wire.Seal(root, wire.RootKey, wire.KindKeyRing, wire.KeysAddress, ring.Revision, ring)
	if err != nil {
		return fmt.Errorf("make key ring: %w", err)
	}
	state := keyState{
		Root:     root.Public().(ed25519.PublicKey),
		Private:  []privateKey{{ID: key.ID, Seed: private.Seed()}},
		Ring:     ring,
		Envelope: envelope,
	}
	b, err := json.Marshal(state)
	if err == nil {
		err = writeSecret(filepath.Join(k.dir, keysFile), b)
	}
	if err != nil {
		return fmt.Errorf("keep signing key: %w", err)
	}
	k.state = state
	return nil
}

// openRoot reads the signing root, or makes it when there are no keys at all.
// A root that is lost is never replaced in silence: no unit would believe it.
func (k *Keys) openRoot(path string) (ed25519.PrivateKey, error) {
	seed, err := readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if k.state.Root != nil {
			return nil, fmt.Errorf("%s is not there: put the copy back that was made at installation; without it keys cannot be changed: %w", path, err)
		}
		fresh := make([]byte, ed25519.SeedSize)
		rand.Read(fresh) // never fails, see crypto/rand
		seed = []byte(hex.EncodeToString(fresh) + "\n")
		err = writeSecret(path, seed)
	}
	if err != nil {
		return nil, err
	}
	raw, err := hex.DecodeString(string(bytes.TrimSpace(seed)))
	if err != nil || len(raw) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s does not hold %d bytes in hex", path, ed25519.SeedSize)
	}
	root := ed25519.NewKeyFromSeed(raw)
	if k.state.Root != nil && !bytes.Equal(root.Public().(ed25519.PublicKey), k.state.Root) {
		return nil, fmt.Errorf("%s is another root than the one that units trust: put the right copy back", path)
	}
	return root, nil
}
