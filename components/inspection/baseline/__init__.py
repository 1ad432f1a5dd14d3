"""What any vision library holds, without network or registration: the templates of OpenCV."""
