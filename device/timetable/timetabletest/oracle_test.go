package timetabletest

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestGenerateIsValidAndRepeats(t *testing.T) {
	for seed := range uint64(2000) {
		s := Generate(rand.New(rand.NewPCG(seed, 1)), Options{})
		for _, b := range s.Bulletins {
			if err := b.Validate(); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, b.Address, err)
			}
		}
		for _, o := range s.Orders {
			if err := o.Validate(); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, o.Address, err)
			}
		}
		if again := Generate(rand.New(rand.NewPCG(seed, 1)), Options{}); !reflect.DeepEqual(s, again) {
			t.Fatalf("seed %d: two scenarios", seed)
		}
	}
}
