package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/mediastore/bucket"
)

func TestParseBucket(t *testing.T) {
	for text, want := range map[string]bucket.Options{
		"s3://media":                                             {Bucket: "media"},
		"s3://media/":                                            {Bucket: "media"},
		"s3://media/a/b/?region=eu-central-1":                    {Bucket: "media", Prefix: "a/b", Region: "eu-central-1"},
		"s3://media?endpoint=http://minio:9000":                  {Bucket: "media", Endpoint: "http://minio:9000", PathStyle: true},
		"s3://m?endpoint=https://s&path-style=no":                {},
		"s3://m?endpoint=https://s&path-style=false&spool=/fast": {Bucket: "m", Endpoint: "https://s", Spool: "/fast"},
		"s3://m?path-style":                                      {Bucket: "m", PathStyle: true},
	} {
		got, err := parseBucket(text)
		if want.Bucket == "" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestBadBucketsAreRefused(t *testing.T) {
	const secret = "wJalrXUtnFEMI"
	for text, says := range map[string]string{
		"s3://":                          "no bucket is named",
		"s3:///prefix":                   "no bucket is named",
		"s3://localhost:9000/media":      "named by endpoint=",
		"s3://AKIA:" + secret + "@media": "credentials do not belong in the URL",
		"s3://m?endpoint=http://a:" + secret + "@h": "credentials do not belong in endpoint=",
		"s3://m?secret=" + secret:                   `unknown setting "secret", known are endpoint, region`,
		"s3://m?regoin=x":                           "did you mean region?",
		"s3://m?region=a&region=b":                  "region= is given twice",
		"s3://m?endpoint=minio:9000":                "endpoint= needs a URL",
		"s3://m?endpoint=http://h?x":                "endpoint= must not have a ?",
		"s3://m?path-style=maybe":                   "path-style= must be true or false",
		"s3://m#x":                                  "it must not have a #",
		"s3://m%zz:" + secret:                       "it needs the form s3://BUCKET",
		"gs://m":                                    "--media knows no gs://: name a folder, or a bucket as s3://BUCKET",
	} {
		_, err := parse([]string{"--media", text}, io.Discard)
		require.ErrorContains(t, err, says, text)
		assert.NotContains(t, err.Error(), secret)
	}
	_, err := parse([]string{"--media-redirect"}, io.Discard)
	require.ErrorContains(t, err, "--media-redirect needs a bucket")
}

func FuzzParseBucket(f *testing.F) {
	f.Add("s3://media/a?endpoint=http://minio:9000&region=x&path-style=false&spool=d")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseBucket(text)
		if err == nil && o.Bucket == "" {
			t.Fatal("no bucket and no error")
		}
	})
}
