package imagesize

import (
	"go/build"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An import would add code to the wasm.
func TestImportsNothing(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	assert.Empty(t, p.Imports)
}
