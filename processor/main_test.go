package processor_test

import (
	"os"
	"testing"

	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the child that runs scripts.
func TestMain(m *testing.M) {
	script.ServeIfChild()
	os.Exit(m.Run())
}

// withEngine is the configuration of a version whose code is JavaScript.
func (f table) withEngine(t testing.TB, code string) processor.Config {
	t.Helper()
	config := script.Config{Code: code, Year: f.year, VMs: 2}
	for _, c := range f.version.Columns {
		config.Columns = append(config.Columns, script.Column{Name: c.Name, Type: c.Type, Header: c.Name})
	}
	runner, err := script.Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, runner.Close()) })
	c := f.withCode(t, runner)
	c.Calls = 2
	return c
}
