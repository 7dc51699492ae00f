package wire

import "strings"

// Address names whom a snapshot is for: "area/<id>", "unit/<id>", or "keys"
// for the key ring.
type Address string

// AreaAddress is the address of one area.
func AreaAddress(id string) Address { return Address("area/" + id) }

// UnitAddress is the address of one unit.
func UnitAddress(id string) Address { return Address("unit/" + id) }

// KeysAddress is the address of the key ring.
const KeysAddress Address = "keys"

// Split returns "area" or "unit" and the id, or two empty strings.
func (a Address) Split() (kind, id string) {
	kind, id, ok := strings.Cut(string(a), "/")
	if !ok || kind != "area" && kind != "unit" || !ValidID(id) {
		return "", ""
	}
	return kind, id
}

// ValidID tells whether id may stand in a topic and a file name: 1 to 64
// characters of a–z, 0–9, '-', '_' and '.', the first a letter or digit.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i, c := range id {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > 0 && (c == '-' || c == '_' || c == '.'):
		default:
			return false
		}
	}
	return true
}
