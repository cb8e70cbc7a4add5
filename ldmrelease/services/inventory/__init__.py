"""What is desired, admitted and running, where and since when."""
