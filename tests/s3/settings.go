package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

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

// AddUser makes a user who may do with a bucket what deploy/s3 says of rtm-media, without the
// actions in without.
func (s *Server) AddUser(ctx context.Context, access, secret, bucket string, without ...string) error {
	made, err := exec.CommandContext(ctx, s.program, "admin", "--access", AccessKey, "--secret", SecretKey, "--endpoint-url", s.URL,
		"create-user", "--access", access, "--secret", secret, "--role", "user").CombinedOutput()
	if err != nil {
		return fmt.Errorf("s3: make a user: %w\n%s", err, made)
	}
	return s.Allow(ctx, access, bucket, without...)
}

// Allow gives a user other rights.
func (s *Server) Allow(ctx context.Context, access, bucket string, without ...string) error {
	var policy map[string]any
	if err := Deployed("policy.json", &policy); err != nil {
		return err
	}
	for _, statement := range policy["Statement"].([]any) {
		statement := statement.(map[string]any)
		statement["Principal"] = map[string]any{"AWS": []string{access}} // a bucket's policy names the user, a user's does not
		var actions []any
		switch a := statement["Action"].(type) {
		case []any:
			actions = a
		default:
			actions = []any{a}
		}
		statement["Action"] = slices.DeleteFunc(actions, func(a any) bool { return slices.Contains(without, a.(string)) })
	}
	policy["Statement"] = slices.DeleteFunc(policy["Statement"].([]any), func(s any) bool { return len(s.(map[string]any)["Action"].([]any)) == 0 })
	text, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	_, err = s.Client().PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: aws.String(bucket), Policy: aws.String(strings.ReplaceAll(string(text), "rtm-media", bucket)),
	})
	return err
}

// Deployed reads a file of deploy/s3.
func Deployed(name string, to any) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy", "s3", name))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}
