package imagesize

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sizes reads testdata/pictures/sizes.json: the size at which Chromium shows each picture there.
// The browser tests compare these sizes with real browsers.
func sizes(t testing.TB) (sizes map[string]struct{ Size string }) {
	b, err := os.ReadFile("testdata/pictures/sizes.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &sizes))
	return sizes
}

func pictures(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	for name := range sizes(t) {
		b, err := os.ReadFile(filepath.Join("testdata/pictures", name))
		require.NoError(t, err)
		all[name] = b
	}
	return all
}

func TestPictures(t *testing.T) {
	want := sizes(t)
	for name, picture := range pictures(t) {
		w, h, _ := read(t, picture)
		assert.Equal(t, want[name].Size, fmt.Sprintf("%dx%d", w, h), name)
	}
}
