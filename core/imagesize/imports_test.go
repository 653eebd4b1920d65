package imagesize

import (
	"go/build"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The package's size in the wasm binary is its own code and nothing else.
func TestImportsNothing(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	assert.Empty(t, p.Imports)
}
