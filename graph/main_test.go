package graph_test

import (
	"os"
	"testing"

	"entrepot/processor/script"
)

func TestMain(m *testing.M) {
	script.ServeIfChild()
	os.Exit(m.Run())
}
