// Package s3server is a module of its own that names the S3 server of the tests, so that what
// it needs is not among the gateway's requirements. Package tests/s3 builds and runs it.
package s3server
