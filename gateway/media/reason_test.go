package media

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPercentEncode(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"found Eicar: a~b": "found Eicar: a~b",
		"50% off":          "50%25 off",
		"图":                "%E5%9B%BE",
		"a\r\nb":           "a%0D%0Ab",
	} {
		assert.Equal(t, want, percentEncode(text))
		back, err := url.PathUnescape(want)
		assert.NoError(t, err)
		assert.Equal(t, text, back)
	}
}
