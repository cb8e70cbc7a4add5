"""Images and what refers to them, over HTTP and in OCI-layout directories."""
