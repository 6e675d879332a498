"""What developers run: a local cluster, images, the installation and the demo. Nothing here is shipped."""
