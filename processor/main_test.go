package processor_test

import (
	"os"
	"testing"

	"entrepot/processor/script"
)

// TestMain lets the test binary be the child that runs scripts.
func TestMain(m *testing.M) {
	script.ServeIfChild()
	os.Exit(m.Run())
}
