package s3

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Client is a client of the server's owner.
func (s *Server) Client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &s.URL, Region: Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
	})
}

// AllowPages gives a bucket the CORS rule of deploy/s3.
func (s *Server) AllowPages(ctx context.Context, bucket string) error {
	var rules types.CORSConfiguration
	if err := Deployed("cors.json", &rules); err != nil {
		return err
	}
	_, err := s.Client().PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: aws.String(bucket), CORSConfiguration: &rules})
	return err
}

// Deployed reads a file of deploy/s3.
func Deployed(name string, to any) error {
	_, file, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "../../deploy/s3", name))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}
