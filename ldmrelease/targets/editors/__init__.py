"""What settings say of images, and how they come to say something else. Pure."""
