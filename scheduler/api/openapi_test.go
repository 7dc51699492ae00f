package api

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the committed OpenAPI document anew")

// TestOpenAPI holds the committed document to the Go types.
func TestOpenAPI(t *testing.T) {
	got, err := OpenAPI("1")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", "openapi.yaml")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what the Go types say; run go test ./scheduler/api -run TestOpenAPI -update", path)
	}
}
