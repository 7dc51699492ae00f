package audio

import "fmt"

// guard calls f and turns a panic of a decoder into an error: what a stranger's
// file can do to a decoder is not ours to know.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decoder failed: %v", r)
		}
	}()
	return f()
}
